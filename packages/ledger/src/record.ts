import type { Failure, Generation, GenerationRequest, State, TimelineEntry } from "@reelqueue/contracts";
import { LedgerError } from "./error.ts";
import { outputsOf } from "./outputs-text.ts";

/** The version of the stored form that this code writes; a record of a newer version is left alone. */
export const recordVersion = "1";

/** The mutable part of a generation as it lies in Redis: a hash of texts. Amounts are micro-USD, times are ms of Redis' clock. */
export interface StoredRecord {
  v: string;
  state: State;
  /** Token of the last move, by which a repeated one is known. */
  token?: string;
  /** Hand-over number: a job with another one is stale. */
  n: string;
  at: string;
  born: string;
  attempt: string;
  account: string;
  tenant: string;
  batch?: string;
  priority: string;
  /** Its place in the backlog; gone once it can never go back there. */
  seq?: string;
  hash: string;
  lane?: string;
  /** `provider/model/resolution/seconds/mode`: what completion times are learned by. */
  class: string;
  expires?: string;
  /** `auto`: the account was chosen for it, and may be changed while nothing has been sent. */
  route?: "auto";
  estimate?: string;
  cost?: string;
  slot?: string;
  held?: string;
  task?: string;
  /** Task ids of earlier attempts. */
  earlier?: string;
  submits?: string;
  polls?: string;
  /** Age in ms at the last look: it was still running then. */
  seen?: string;
  progress?: string;
  /** Misses in a row (404) and when the last one was: `3@1790000000000`. */
  misses?: string;
  /** Answers in a row that could not be used. */
  trouble?: string;
  /** What the provider offers to download, JSON. */
  remote?: string;
  /** When the first of them dies, as BullMQ priority. */
  urgency?: string;
  /** What the provider says it used, JSON. */
  usage?: string;
  /** Tries to keep the outputs that failed. */
  keeps?: string;
  /** What was kept, by `outputsText`. */
  outputs?: string;
  failure?: string;
  cancel?: string;
  /** Task id told by a callback before we knew it. */
  hint?: string;
  /** Workers that died while they were sending it, and when the first of them was given up: `2@1790000000000`. */
  crashes?: string;
  /** From then on nobody can be sending the POST of unknown fate any more; left out: since it became unknown. */
  silentAt?: string;
  /** What was seen when a submit became unknown. */
  evidence?: string;
  events?: string;
  log?: string;
}

/** Letters of the states in the log, one per move. */
export const marks: Record<State, string> = {
  queued: "q",
  preparing: "p",
  submitting: "s",
  unknown: "u",
  needs_review: "v",
  running: "r",
  finalizing: "f",
  succeeded: "d",
  failed: "x",
  canceled: "c",
  expired: "e",
};
const stateOfMark = new Map(Object.entries(marks).map(([state, mark]) => [mark, state as State]));

/** The stored hash as a record; `undefined` for a missing one, a LedgerError for one that only a newer version can read. */
export function parseRecord(fields: Record<string, string>): StoredRecord | undefined {
  if (fields.state === undefined) return undefined;
  if (fields.v !== recordVersion)
    throw new LedgerError("version", `record version ${fields.v} is newer than this process understands`);
  return fields as unknown as StoredRecord;
}

/** The record as the front doors show it. */
export function toGeneration(
  id: string,
  record: StoredRecord,
  request: GenerationRequest,
  waiting?: string,
): Generation {
  const rests = ["succeeded", "failed", "canceled", "expired"].includes(record.state);
  return {
    id,
    state: record.state,
    account: record.account,
    provider: record.class.split("/", 1)[0] ?? "",
    tenant: record.tenant,
    request,
    attempt: Number(record.attempt),
    ...(record.task !== undefined && { taskId: record.task }),
    ...(record.progress !== undefined && { progress: Number(record.progress) }),
    ...(waiting !== undefined && { waiting }),
    ...(record.failure !== undefined && { failure: JSON.parse(record.failure) as Failure }),
    ...(record.cancel !== undefined && { cancelRequested: true }),
    createdAt: instant(record.born),
    updatedAt: instant(record.at),
    ...(rests && { finishedAt: instant(record.at) }),
    ...(record.expires !== undefined && { expiresAt: instant(record.expires) }),
    cost: { estimateUsd: usd(record.estimate), settledUsd: usd(record.cost) },
    outputs: outputsOf(id, record.outputs),
    timeline: timelineOf(record),
  };
}

/** What happened to a generation, oldest first. */
export function timelineOf(record: Pick<StoredRecord, "born" | "log">): TimelineEntry[] {
  const born = Number(record.born);
  const entries: TimelineEntry[] = [{ at: instant(record.born), state: "queued", note: "accepted" }];
  for (const line of (record.log ?? "").split("\n")) {
    const state = stateOfMark.get(line.charAt(0));
    if (state === undefined) continue;
    const colon = line.indexOf(":");
    const after = Number(colon < 0 ? line.slice(1) : line.slice(1, colon));
    entries.push({ at: instant(born + after), state, ...(colon >= 0 && { note: line.slice(colon + 1) }) });
  }
  return entries;
}

function instant(ms: string | number): string {
  return new Date(Number(ms)).toISOString();
}

function usd(micro: string | undefined): number | null {
  return micro === undefined ? null : Number(micro) / 1_000_000;
}
