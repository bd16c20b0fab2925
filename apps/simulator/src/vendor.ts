import { retryAfterSeconds } from "./clock.ts";
import type { Query, Reply } from "./http.ts";
import type { Limits, Quota, RequestKind } from "./limits.ts";
import type { Settings } from "./options.ts";
import type { Order, Phase, Task } from "./task.ts";

/**
 * What is specific to one vendor: paths, field names, validation, prices and error bodies.
 * Acceptance, charges, progress, faults and file serving are common to all vendors and implemented elsewhere.
 */
export interface Vendor {
  /** Also the first path segment: `http://host:port/<name>`. */
  name: string;
  createPath: string;
  readPath: string;
  taskIdOf(params: Record<string, string>, query: Query): string | undefined;
  bodyLimitBytes: number;
  limits: Limits;
  /** How long an output URL is valid, in provider time. */
  urlLifeMs: number;
  /** True: every read signs a new URL with a full life. False: the expiry counts from the end of the task. */
  signsEveryRead: boolean;
  /** The request header with the idempotency key of a create. */
  idempotencyHeader?: string;
  newTaskId(chance: number, number: number): string;
  /** Validates a create body by the vendor's rules; reports the first violation. */
  parseCreate(body: unknown, context: ParseContext): ParsedCreate;
  /** The body of a successful create, and of its replay. */
  createBody(view: View): unknown;
  /** The body of a successful status read. */
  statusBody(view: View): unknown;
  /** The reply for a refusal. `chance` selects one of the forms that a vendor is known to use for the same error. */
  refuse(refusal: Refusal, chance: number): Reply;
  rateHeaders?(quota: Quota, kind: RequestKind): Record<string, string>;
  callback?: CallbackRules;
  /** How long a task is readable after acceptance or cancellation, in provider time; absent: no limit. */
  recordLife?: { acceptedMs: number; cancelledMs: number };
}

/** How a vendor notifies clients about a task. */
export interface CallbackRules {
  body(view: View): unknown;
  /** Headers besides `content-type`, for example signatures over `raw`, the exact bytes of the body. */
  headers?(input: SigningInput): Record<string, string>;
  /** Delays before each retry of a callback that was not answered 2xx, in provider time. */
  retryDelaysMs(phase: View["phase"]): readonly number[];
  answerTimeoutMs: number;
  /** Callbacks are sent for `queued` and `running` too. */
  everyChange?: true;
}

export interface SigningInput {
  view: View;
  raw: string;
  /** The current secret first; during a rotation also the previous one. */
  secrets: readonly string[];
  nowMs: number;
}

/** What validation depends on besides the body. */
export interface ParseContext extends Pick<Settings, "reading" | "callbackSecret" | "webhookUrl"> {
  callbackUrlAllowed(url: string): boolean;
  /** The state of one of the caller's own assets; undefined if there is none. */
  assetState(id: string): "processing" | "active" | "failed" | undefined;
}

export type ParsedCreate =
  | { ok: true; order: Order }
  | { ok: false; problem: string; kind?: "invalid" | "unknown-model"; code?: string; field?: string };

/** Why a request is refused; each vendor has its own status, code and message for it. */
export type Refusal =
  | { kind: "no-key" | "bad-key" | "no-balance" | "moderation" | "unknown-task" }
  | { kind: "busy"; retryAfterSeconds: number }
  | { kind: "too-many"; what: "requests" | "tasks"; retryAfterSeconds?: number }
  /** `code` and `field`: from the vendor's own rules. */
  | { kind: "invalid" | "unknown-model"; problem: string; code?: string | undefined; field?: string | undefined }
  | { kind: "broken"; during: "create" | "read" }
  | { kind: "too-large" | "unsupported-media" }
  | { kind: "unknown-route"; method: string; path: string }
  | { kind: "key-in-flight"; retryAfterSeconds: number }
  | { kind: "key-mismatch" };

/** A 429; `waitMs` is the real time until a retry can succeed, absent if time alone does not help. */
export function tooMany(what: "requests" | "tasks", waitMs?: number): Refusal {
  if (waitMs === undefined) return { kind: "too-many", what };
  return { kind: "too-many", what, retryAfterSeconds: retryAfterSeconds(waitMs) };
}

/** A task as a client sees it at one moment. `undocumented`: the vendor renders a status that no document names. */
export interface View {
  task: Task;
  phase: Phase | "undocumented";
  /** 0 to 100. */
  progress: number;
  /** Empty unless the task succeeded. */
  outputs: Output[];
}

export interface Output {
  kind: "video" | "last_frame";
  url: string;
  /** Real time at which the URL expires. */
  expiresAtMs: number;
  /** Whole real seconds until the URL expires. */
  lifeSeconds: number;
}
