import type { Failure, GenerationRequest, Problem, RemoteOutput } from "@reelqueue/contracts";
import type { Egress } from "@reelqueue/egress";
import type { Capabilities } from "./capabilities.ts";
import type { MediaRule } from "./rules/file-rules.ts";

export type { RemoteOutput };

/**
 * One reseller's dialect. An adapter never reads the environment, sleeps, retries, logs or loops:
 * it turns one request of ours into one exchange with the provider, and the answer into one of a few outcomes.
 */
export interface Provider {
  capabilities: Capabilities;
  /** Every rule of the provider's documents that the request breaks by itself, before any spend. */
  check(request: GenerationRequest, reading: Reading): Problem[];
  /** What its documents say about media files; see `mediaProblems`. */
  mediaRules: readonly MediaRule[];
  /** What one attempt is expected to cost, at the account's unit prices; `videoSeconds`: of its reference videos together, where they are known. */
  price(request: GenerationRequest, reading: Reading, videoSeconds?: number): Quote;
  /** One POST. Never throws for anything the network or the provider does. */
  submit(request: GenerationRequest, call: SubmitCall): Promise<SubmitResult>;
  /** One look at a task. Never throws for anything the network or the provider does. */
  poll(taskId: string, call: Call): Promise<PollResult>;
  /** Reads a callback; only where the provider has callbacks. */
  callback?(received: ReceivedCallback): CallbackReading;
  /** Asks for the task that a POST with this idempotency key made. Never throws. */
  lookup?(clientId: string, call: Call): Promise<LookupResult>;
  /** One page of the tasks that a lost POST may have made, by what the provider repeats of a request. Never throws. */
  list?(lost: LostSubmit, call: Call): Promise<CandidatePage>;
  /** One page, from 1, of the tasks that this key made, newest first, whoever asked for them. Never throws. */
  tasks?(page: number, call: Call): Promise<TaskPage>;
  /** Withdraws a task that has not begun; leaves every other one as it is. Never throws. */
  cancel?(taskId: string, call: Call): Promise<CancelResult>;
  /** Hands a file to the provider, which then has it under a URL or an asset id. Never throws. */
  upload?(file: Upload, call: Call): Promise<Uploaded>;
  /** Whether an asset may be used yet. Never throws. */
  asset?(assetId: string, call: Call): Promise<AssetState>;
  /** What a finished task cost, by what the provider says it used. */
  cost?(request: GenerationRequest, usage: Readonly<Record<string, number>>, reading: Reading): Quote;
}

/** How an account reads its provider's documents. */
export interface Reading {
  /** Readings of a document that contradicts itself, by switch name. */
  switches: Readonly<Record<string, boolean>>;
  /** USD per second of video by `<model>/<resolution>`, `+video` behind it for video input. */
  pricesPerSecond: Readonly<Record<string, number>>;
  /** USD per million tokens, by the same names, where a provider counts tokens. */
  pricesPerMillionTokens?: Readonly<Record<string, number>>;
}

/** What an adapter may use for one exchange. */
export interface Call {
  http: Egress;
  /** Root of the provider's API, without a slash at its end. */
  baseUrl: string;
  key: string;
  /** Stops it. */
  signal?: AbortSignal;
  /** The longest that the exchange may take, where the adapter's own limit is longer. */
  timeoutMs?: number;
  /** The account's `Reading.switches`; left out: every one is off. */
  switches?: Readonly<Record<string, boolean>>;
}

export interface SubmitCall extends Call {
  /** The same for every POST of one attempt, so that a provider that knows such keys makes one task of them. */
  idempotencyKey: string;
  callbackUrl?: string;
  /** Turns `media://…` of our media store into a data URI. */
  dataUri(mediaUrl: string): Promise<string>;
}

/** What came of one POST. `unknown` whenever the task may exist. */
export type SubmitResult =
  | { kind: "accepted"; taskId: string }
  /** A definite no to this request. */
  | { kind: "rejected"; failure: Failure }
  /** A definite no to this account: bad key or empty balance. */
  | { kind: "blocked"; reason: "key" | "balance"; message: string }
  /** A definite "not now". */
  | { kind: "throttled"; retryAfterMs?: number; message: string }
  /** Nothing was written to the socket. */
  | { kind: "unsent"; message: string }
  /** The task may exist and be paid. `evidence` is what was seen, cut to a few hundred characters. */
  | { kind: "unknown"; message: string; evidence: string };

export type PollResult =
  /** `known` is false for a status that the documents do not name: keep polling, count it. */
  | { kind: "pending"; phase: "queued" | "running"; progress?: number; status: string; known: boolean }
  /** `usage` is what the provider says it used: `tokens`, `seconds`, `webSearches`. */
  | { kind: "succeeded"; outputs: RemoteOutput[]; usage?: Record<string, number> }
  | { kind: "failed"; failure: Failure }
  | { kind: "canceled" }
  | { kind: "expired" }
  /** The provider does not know the task (believed only after three in a row). */
  | { kind: "missing"; message: string }
  | NoAnswer;

/** Why a question has no answer yet; it may be asked again. */
export type NoAnswer =
  | { kind: "throttled"; retryAfterMs?: number; message: string }
  | { kind: "blocked"; reason: "key" | "balance"; message: string }
  /** No usable answer: network, 5xx, HTML, half JSON, success without a URL. */
  | { kind: "unreachable"; message: string };

export type LookupResult =
  | { kind: "found"; taskId: string }
  /** The provider knows no task of this id, for now: one miss proves nothing. */
  | { kind: "absent"; message: string }
  | NoAnswer;

/** A POST whose fate is unknown. */
export interface LostSubmit {
  request: GenerationRequest;
  idempotencyKey: string;
  /** Tasks made before this, in ms since 1970, are not its. */
  sinceMs: number;
  /** Page of the list, from 1. */
  page: number;
}

export type CandidatePage =
  /** `more` is true where the next page may hold tasks that are as new. No candidate on any page: absent, for now. */
  { kind: "listed"; candidates: Candidate[]; more: boolean } | NoAnswer;

/** `more`: an older page may follow. */
export type TaskPage = { kind: "made"; tasks: { taskId: string; createdAtMs: number }[]; more: boolean } | NoAnswer;

export interface Candidate {
  taskId: string;
  createdAtMs: number;
  /** `certain`: it repeats what only this attempt sent. `possible`: nothing that it repeats speaks against it. */
  likeness: "certain" | "possible";
}

export type CancelResult =
  | { kind: "canceled" }
  /** It has begun or is over: it ends as the provider says. */
  | { kind: "kept"; message: string }
  | { kind: "missing"; message: string }
  | NoAnswer;

/** A file for the provider: from the web, or as bytes. */
export interface Upload {
  kind: "image" | "video" | "audio";
  /** A file name, its ending included. */
  name: string;
  source: { url: string } | { bytes: Buffer; contentType: string };
}

export type Uploaded =
  /** Usable at once, in the place of the file. */
  | { kind: "url"; url: string }
  /** Usable as `asset://<assetId>` once `asset` says so. */
  | { kind: "asset"; assetId: string }
  | { kind: "rejected"; failure: Failure }
  | NoAnswer;

export type AssetState =
  | { kind: "active" }
  | { kind: "processing"; status: string }
  | { kind: "failed"; message: string }
  | { kind: "missing"; message: string }
  | NoAnswer;

export interface ReceivedCallback {
  /** The raw body, exactly as received. */
  raw: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
  /** Secret that the provider signs with, where the account has one. */
  secret?: string;
  nowMs: number;
}

/** What a callback says; only ever a hint to look at the task. */
export type CallbackReading =
  | { kind: "hint"; taskId: string }
  | { kind: "forged"; message: string }
  | { kind: "unreadable"; message: string };

/** `usd: null` means that no price is known. */
export interface Quote {
  usd: number | null;
  /** How it was worked out, in one phrase. */
  basis: string;
}
