import type { Failure, GenerationRequest, RemoteOutput } from "@reelqueue/contracts";
import type { Egress } from "@reelqueue/egress";
import type { Capabilities, Fact } from "./capabilities.ts";
import type { Price } from "./pricing.ts";
import type { FileRule } from "./rules/file-rules.ts";
import type { ValidationRule } from "./rules/validation.ts";

export type { RemoteOutput };

/**
 * One vendor API. An adapter never reads the environment, sleeps, retries, logs or loops: each function makes one
 * exchange with the provider and maps the answer to one of a few results. No function throws for an error of the
 * network or of the provider. `defineProvider` builds one.
 */
export interface Provider {
  capabilities: Capabilities;
  /** The rules that a request alone can break; see `problemsOf`. */
  rules: readonly ValidationRule[];
  /** The rules that only a media file can break; see `fileProblemsOf`. */
  fileRules: readonly FileRule[];
  price: Price;
  /** Sends one POST. */
  submit(request: GenerationRequest, call: SubmitCall): Promise<SubmitResult>;
  /** Reads the state of one task once. */
  poll(taskId: string, call: Call): Promise<PollResult>;
  /** The methods that resolve a submit with an unknown result, best first; empty: an operator decides. */
  reconcile: readonly Reconciliation[];
  callbacks?: Callbacks;
  uploads?: Uploads;
  /** Cancels a task that is queued; any other task is left as it is. */
  cancel?(taskId: string, call: Call): Promise<CancelResult>;
}

/** One method that resolves a submit with an unknown result. */
export type Reconciliation =
  /** All POSTs with one idempotency key create one task, until the key is older than `lifeMs`. */
  | { by: "idempotencyKey"; lifeMs: Fact<number> }
  /** GETs the task by the idempotency key of its POST, which the provider stores with the task. */
  | { by: "clientId"; lookup(clientId: string, call: Call): Promise<LookupResult> }
  | TaskList
  /** A callback names the task. */
  | { by: "callback" };

/** The provider lists the tasks of an API key. */
export interface TaskList {
  by: "taskList";
  /**
   * One page of the tasks that a lost POST may have created, by the fields of the request that the provider repeats.
   */
  candidates(lost: LostSubmit, call: Call): Promise<CandidatePage>;
  /** One page, from 1, of all tasks of this key, newest first. */
  tasks(page: number, call: Call): Promise<TaskPage>;
}

export interface Callbacks {
  read(received: ReceivedCallback): CallbackReading;
}

export interface Uploads {
  /** Uploads a file; the result is a URL or an asset id at the provider. */
  upload(file: Upload, call: Call): Promise<Uploaded>;
  /** GETs the state of an asset; absent: an asset is usable at once. */
  asset?(assetId: string, call: Call): Promise<AssetState>;
}

/** The reconciliation method of this kind, if the provider has it. */
export function reconciliationBy<By extends Reconciliation["by"]>(
  { reconcile }: Pick<Provider, "reconcile">,
  by: By,
): Extract<Reconciliation, { by: By }> | undefined {
  return reconcile.find((method): method is Extract<Reconciliation, { by: By }> => method.by === by);
}

/** What an adapter may use for one exchange. */
export interface Call {
  http: Egress;
  /** Root of the provider's API, without a trailing slash. */
  baseUrl: string;
  key: string;
  /** Aborts the exchange. */
  signal?: AbortSignal;
  /** Upper limit of the exchange, where the adapter's own limit is longer. */
  timeoutMs?: number;
  /** The account's `Reading.switches`; absent: all off. */
  switches?: Readonly<Record<string, boolean>>;
}

export interface SubmitCall extends Call {
  /** The same for every POST of one attempt. */
  idempotencyKey: string;
  callbackUrl?: string;
  /** Returns the file of a `media://…` URL as a data URI. */
  dataUri(mediaUrl: string): Promise<string>;
}

/** The result of one POST: `unknown` whenever the task may exist. */
export type SubmitResult =
  | { kind: "accepted"; taskId: string }
  /** The provider refuses this request; no task exists. */
  | { kind: "rejected"; failure: Failure }
  /** The provider refuses this account: bad key or empty balance; no task exists. */
  | { kind: "blocked"; reason: "key" | "balance"; message: string }
  /** The provider is busy; no task exists. */
  | { kind: "throttled"; retryAfterMs?: number; message: string }
  /** Nothing was written to the socket. */
  | { kind: "unsent"; message: string }
  /** The task may exist and be charged. `evidence`: the answer, cut to a few hundred characters. */
  | { kind: "unknown"; message: string; evidence: string };

export type PollResult =
  /** `known` is false for a word that no document names; the task is polled again. */
  | { kind: "pending"; phase: "queued" | "running"; progress?: number; status: string; known: boolean }
  /**
   * `usage` as the provider reports it: `tokens`, `seconds`, `webSearches`. `unknownStatus`: a word that no document
   * names stands beside the URL, so its video may be a preview.
   */
  | { kind: "succeeded"; outputs: RemoteOutput[]; usage?: Record<string, number>; unknownStatus?: string }
  | { kind: "failed"; failure: Failure }
  | { kind: "canceled" }
  | { kind: "expired" }
  /** The provider does not know the task; three in a row prove that it does not exist. */
  | { kind: "missing"; message: string }
  | NoAnswer;

/** Why a query got no usable answer; it may be repeated. */
export type NoAnswer =
  | { kind: "throttled"; retryAfterMs?: number; message: string }
  | { kind: "blocked"; reason: "key" | "balance"; message: string }
  /**
   * No usable answer: network, 5xx, HTML, half JSON, success without a URL. `unusable`: the provider did answer, with a
   * success that cannot be read.
   */
  | { kind: "unreachable"; message: string; unusable?: true };

export type LookupResult =
  | { kind: "found"; taskId: string }
  /** The provider knows no task with this id now; one absence proves nothing. */
  | { kind: "absent"; message: string }
  | NoAnswer;

/** A POST without a certain answer. */
export interface LostSubmit {
  request: GenerationRequest;
  idempotencyKey: string;
  /** Tasks created before this, in ms since 1970, belong to other POSTs. */
  sinceMs: number;
  /** Page of the list, from 1. */
  page: number;
}

export type CandidatePage =
  /** `more`: the next page may hold tasks that are new enough. No candidate on any page: absent now. */
  { kind: "listed"; candidates: Candidate[]; more: boolean } | NoAnswer;

/** `more`: an older page may follow. */
export type TaskPage = { kind: "listed"; tasks: { taskId: string; createdAtMs: number }[]; more: boolean } | NoAnswer;

export interface Candidate {
  taskId: string;
  createdAtMs: number;
  /** `certain`: the task repeats a value that only this attempt sent. `possible`: no repeated value differs. */
  likeness: "certain" | "possible";
}

export type CancelResult =
  | { kind: "canceled" }
  /** Not canceled: the task is running or finished; its result counts. */
  | { kind: "kept"; message: string }
  | { kind: "missing"; message: string }
  | NoAnswer;

/** A file for the provider: a URL on the web, or bytes. */
export interface Upload {
  kind: "image" | "video" | "audio";
  /** A file name with its extension. */
  name: string;
  source: { url: string } | { bytes: Buffer; contentType: string };
}

export type Uploaded =
  /** Usable at once in place of the file. */
  | { kind: "url"; url: string }
  /** Usable as `asset://<assetId>` once `Uploads.asset` reports `active`. */
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
  /** The raw body as received. */
  raw: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
  /** The signing secret of the account, if it has one. */
  secret?: string;
  nowMs: number;
}

/** The result of reading a callback; a hint only makes the task due for a poll. */
export type CallbackReading =
  | { kind: "hint"; taskId: string }
  | { kind: "forged"; message: string }
  | { kind: "unreadable"; message: string };
