import type { Answer, Reply, Visit } from "./answer.ts";
import type { Room } from "./limits.ts";
import type { Phase, Task } from "./tasks.ts";
import type { World } from "./world.ts";

/**
 * What one provider looks like from outside: its paths, field names, rules, prices and sentences.
 * Accepting, charging, ageing, failing and serving files are the same for all and happen elsewhere.
 */
export interface Dialect {
  /** Also the first part of its paths: `http://host:port/<name>`. */
  name: string;
  createPath: string;
  readPath: string;
  taskIdOf(params: Record<string, string>, query: Record<string, string>): string | undefined;
  bodyLimitBytes: number;
  limits: { requestsPerMinute: number; concurrent?: number };
  /** How long an output URL works, in the provider's time. */
  urlLifeMs: number;
  /** True where every read signs a new URL with a full life; false where the first expiry stands. */
  signsEveryRead: boolean;
  /** Request header that makes a repeated create safe. */
  idempotencyHeader?: string;
  newTaskId(luck: number, number: number): string;
  /** Reads a create body by the vendor's rules; the first broken rule is the answer. */
  understand(body: unknown, rules: Rules): Understood;
  /** The body of a successful create. */
  created(task: Task): unknown;
  /** The body of a successful status read. */
  status(view: View): unknown;
  refuse(refusal: Refusal): Reply;
  rateHeaders?(room: Room): Record<string, string>;
  callback?: {
    body(view: View): unknown;
    /** Headers that sign `raw`, the exact bytes that are sent. */
    sign(raw: string, secret: string, nowMs: number): Record<string, string>;
  };
  /** Whatever else the vendor has: lists, cancel, balance. */
  routes?: Route[];
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  handle(visit: Visit, world: World): Answer | Promise<Answer>;
}

/** How a document is read where it is silent or contradicts itself, and which callback addresses are taken. */
export interface Rules {
  reading: "seed" | "strict";
  callbackUrlAllowed(url: string): boolean;
}

/** What a create body asks for, in the twin's own words. */
export interface Order {
  prompt: string;
  model: string;
  resolution: string;
  seconds: number;
  ratio: string;
  returnLastFrame: boolean;
  /** The price in micro-USD, charged when the task is accepted. */
  microUsd: number;
  seed?: number | undefined;
  callbackUrl?: string | undefined;
  /** Fields of the request that the vendor repeats in its answers. */
  echo?: Readonly<Record<string, string>>;
}

export type Understood =
  | { ok: true; order: Order }
  | { ok: false; problem: string; kind?: "invalid" | "unknown-model" };

/** Why the twin says no; each dialect has its own status, code and sentence for it. */
export type Refusal =
  | { kind: "no-key" | "bad-key" | "no-balance" | "busy" | "moderation" | "unknown-task" }
  /** `plain` is false where the vendor is known to use a second envelope, and this answer is to use it. */
  | { kind: "too-many"; retryAfterSeconds?: number; plain: boolean }
  | { kind: "invalid" | "unknown-model"; problem: string }
  | { kind: "broken"; during: "create" | "read" }
  | { kind: "too-large" | "unsupported-media" | "unknown-route" }
  | { kind: "key-in-flight"; retryAfterSeconds: number }
  | { kind: "key-mismatch" };

/** A task as a client sees it at one moment. `unheard-of`: the dialect must use a status that no document names. */
export interface View {
  task: Task;
  phase: Phase | "unheard-of";
  /** 0 to 100. */
  progress: number;
  /** Only what a succeeded task has. */
  outputs: Output[];
}

export interface Output {
  kind: "video" | "last_frame";
  url: string;
  /** Real time at which the URL stops working. */
  expiresAtMs: number;
  /** Whole real seconds from now until then. */
  lifeSeconds: number;
}
