import type { Answer, Query, Reply, Visit } from "./answer.ts";
import type { Limits, Room, Use } from "./limits.ts";
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
  taskIdOf(params: Record<string, string>, query: Query): string | undefined;
  bodyLimitBytes: number;
  limits: Limits;
  /** How long an output URL works, in the provider's time. */
  urlLifeMs: number;
  /** True where every read signs a new URL with a full life; false where the first expiry stands. */
  signsEveryRead: boolean;
  /** Request header that makes a repeated create safe. */
  idempotencyHeader?: string;
  newTaskId(luck: number, number: number): string;
  /** Reads a create body by the vendor's rules; the first broken rule is the answer. */
  understand(body: unknown, rules: Rules): Understood;
  /** The body of a successful create, and of its replay. */
  created(view: View): unknown;
  /** The body of a successful status read. */
  status(view: View): unknown;
  /** `luck` is the seed of this one refusal, for vendors that are known to say the same thing in several ways. */
  refuse(refusal: Refusal, luck: number): Reply;
  rateHeaders?(room: Room, use: Use): Record<string, string>;
  callback?: CallbackRules;
  /** How long a task can be read after it was accepted, or cancelled, in the provider's time; left out: as long as the simulator keeps it. */
  recordLife?: { acceptedMs: number; cancelledMs: number };
  /** Whatever else the vendor has: lists, cancel, uploads. */
  routes?: Route[];
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** Which allowance of the key it uses up. */
  use: Use;
  /** What its body must be; left out: JSON. */
  takes?: "form";
  /** Left out: as for a create. */
  bodyLimitBytes?: number;
  handle(visit: Visit, world: World, dialect: Dialect): Answer | Promise<Answer>;
}

/** How a vendor tells its clients about a task. */
export interface CallbackRules {
  body(view: View): unknown;
  /** Whatever goes beside `content-type`: signatures over `raw`, the exact bytes that are sent. */
  headers?(letter: Letter): Record<string, string>;
  /** After which waits a try that was not answered 2xx is repeated, in the provider's time. */
  retryDelaysMs(phase: View["phase"]): readonly number[];
  answerTimeoutMs: number;
  /** Also told: that it waits, and that it runs. */
  everyChange?: true;
}

export interface Letter {
  view: View;
  raw: string;
  /** The secret in force first; during a rotation the one before it as well. */
  secrets: readonly string[];
  nowMs: number;
}

/** How a document is read where it is silent or contradicts itself, and what stands outside the body. */
export interface Rules {
  reading: "seed" | "strict" | "newer";
  callbackUrlAllowed(url: string): boolean;
  /** What the client has set up for its token in the vendor's console. */
  webhook: { hasSecret: boolean; url: string | undefined };
  /** The state of one of the caller's own assets; undefined where there is none. */
  assetState(id: string): "processing" | "active" | "failed" | undefined;
}

/** What a create body asks for, in the simulator's own words. */
export interface Order {
  prompt: string;
  model: string;
  resolution: string;
  seconds: number;
  ratio: string;
  returnLastFrame: boolean;
  /** The price in micro-USD, charged when the task is accepted. */
  microUsd: number;
  tokens?: number;
  generateAudio?: boolean;
  webSearch?: boolean;
  seed?: number | undefined;
  callbackUrl?: string | undefined;
  /** The client's own name for the task: it finds it, and sent again it makes no second one. */
  clientId?: string | undefined;
  /** How long its media are looked at before it may run, in the provider's time. */
  reviewMs?: number;
  /** It ends unfinished this long after it was accepted, in the provider's time. */
  expiresAfterMs?: number;
  /** All of it as it was understood. */
  asked: Asked;
  /** Fields of the request that the vendor repeats in its answers. */
  echo?: Readonly<Record<string, unknown>>;
}

/** A request in words that all vendors share: what each of their fields was taken to mean, and what stood in none left out. */
export interface Asked {
  prompt: string;
  seconds: number | "auto";
  resolution: string;
  ratio: string | undefined;
  /** Addresses, as they came and in their order. */
  media: {
    firstFrame: string | undefined;
    lastFrame: string | undefined;
    images: string[];
    videos: string[];
    audios: string[];
  };
  seed?: number | undefined;
  generateAudio?: boolean | undefined;
  watermark?: boolean | undefined;
  webSearch?: boolean | undefined;
  returnLastFrame?: boolean | undefined;
  safetyCheck?: boolean | undefined;
}

export type Understood =
  | { ok: true; order: Order }
  | { ok: false; problem: string; kind?: "invalid" | "unknown-model"; code?: string; field?: string };

/** Why the simulator says no; each dialect has its own status, code and sentence for it. */
export type Refusal =
  | { kind: "no-key" | "bad-key" | "no-balance" | "moderation" | "unknown-task" }
  | { kind: "busy"; retryAfterSeconds: number }
  | { kind: "too-many"; what: "requests" | "tasks"; retryAfterSeconds?: number }
  /** `code` and `field`: the vendor's own words, from its own rules. */
  | { kind: "invalid" | "unknown-model"; problem: string; code?: string | undefined; field?: string | undefined }
  | { kind: "broken"; during: "create" | "read" }
  | { kind: "too-large" | "unsupported-media" }
  | { kind: "unknown-route"; method: string; path: string }
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
