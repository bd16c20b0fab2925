import type { Failure, RemoteOutput, State } from "@reelqueue/contracts";
import { LedgerError } from "./error.ts";
import type { Lane } from "./keys.ts";

/**
 * The record of a generation as it lies in Redis: a hash of texts with short names. This file is the glossary of those names; the Lua scripts are
 * the only other place that knows them, and a test compares the two. Amounts are micro-USD, times are ms since 1970 by the clock of Redis.
 */

/** The version of the stored form that this code writes; a record of a newer version is left alone. */
export const recordVersion = "1";

/** One field: its name in the hash, and how its text is read and written. */
interface Field<T> {
  stored: string;
  read(text: string): T;
  write(value: T): string;
}

const text = <T extends string = string>(stored: string): Field<T> => ({
  stored,
  read: (it) => it as T,
  write: (it) => it,
});
const int = (stored: string): Field<number> => ({ stored, read: Number, write: (it) => String(Math.round(it)) });
const flag = (stored: string): Field<true> => ({ stored, read: () => true, write: () => "1" });
const json = <T>(stored: string): Field<T> => ({
  stored,
  read: (it) => JSON.parse(it) as T,
  write: (it) => JSON.stringify(it),
});
const words = (stored: string): Field<string[]> => ({
  stored,
  read: (it) => it.split(" "),
  write: (it) => it.join(" "),
});

/** How often in a row, and when it was counted: `3@1790000000000`. */
export interface Streak {
  count: number;
  atMs: number;
}
const streak = (stored: string): Field<Streak> => ({
  stored,
  read: (it) => ({ count: Number(it.split("@")[0]), atMs: Number(it.split("@")[1] ?? 0) }),
  write: ({ count, atMs }) => `${count}@${Math.round(atMs)}`,
});

const required = {
  version: text("v"),
  state: text<State>("state"),
  /** The number of the last dispatch; a job with another one is stale. */
  dispatchSeq: int("n"),
  stateChangedAtMs: int("at"),
  createdAtMs: int("born"),
  /** Counts paid tries, from 1. */
  attempt: int("attempt"),
  account: text("account"),
  tenant: text("tenant"),
  priority: int("priority"),
  /** Hash of what was asked for, by which a repeated request is told from another one under the same key. */
  requestHash: text("hash"),
  /** `provider/model/resolution/seconds/mode`: what run times are learned by. */
  runTimeClass: text("class"),
};

const optional = {
  /** Token of the last transition, by which a repeated one is recognised. */
  token: text("token"),
  lane: text<Lane | "backlog">("lane"),
  /** Its place in the backlog; gone once it can never go back there. */
  backlogSeq: int("seq"),
  batch: text("batch"),
  deadlineAtMs: int("expires"),
  /** The account was chosen for it, and may be changed while nothing has been sent. */
  accountChosen: text<"auto">("route"),
  cancelRequested: flag("cancel"),
  estimateMicroUsd: int("estimate"),
  /** Reserved for this attempt, in the budget of the UTC day `reservedOnDay` (days since 1970). */
  reservedMicroUsd: int("held"),
  reservedOnDay: int("day"),
  /** What earlier attempts and this one have cost. */
  settledMicroUsd: int("cost"),
  holdsSlot: flag("slot"),

  // one submit
  /** POSTs of this attempt that were given back because nothing was sent. */
  requeues: int("submits"),
  /** Task id that a callback named before the answer to the POST did. */
  callbackTaskId: text("hint"),
  /** What was seen when the POST became `unknown`. */
  unknownReason: text("evidence"),
  /** From then on nobody can be sending the POST any more; absent: since it became `unknown`. */
  quietFromMs: int("silentAt"),
  /** Look-ups in a row that found no task. */
  absentLookups: streak("absences"),
  /** Workers that died while they were sending it, and when the first of them was given up. */
  crashes: streak("crashes"),
  /** Answers in a row that could not be used. */
  consecutiveErrors: int("trouble"),

  // one task
  taskId: text("task"),
  /** Task ids of earlier attempts. */
  previousTaskIds: words("earlier"),
  polls: int("polls"),
  /** Age of the task at the last poll; it was still running then. */
  ageAtLastPollMs: int("seen"),
  /** Percent. */
  progress: int("progress"),
  /** Polls in a row that the provider answered with 404. */
  missingPolls: streak("misses"),
  remoteOutputs: json<RemoteOutput[]>("remote"),
  /** When the first remote output dies, as BullMQ priority. */
  finalizePriority: int("urgency"),
  /** What the provider says it used. */
  usage: json<Record<string, number>>("usage"),
  /** Downloads that failed. */
  downloadAttempts: int("keeps"),

  // its end
  failure: json<Failure>("failure"),
  /** Stored outputs; `outputsOf` reads them. */
  outputsText: text("outputs"),
  /** Webhooks that it has caused. */
  eventCount: int("events"),
  /** What happened to it; `timelineOf` reads it. */
  timelineText: text("log"),
};

const fields = { ...required, ...optional };
type Values<Table> = { [Name in keyof Table]: Table[Name] extends Field<infer T> ? T : never };

/** The mutable part of a generation. */
export type GenerationRecord = Values<typeof required> & Partial<Values<typeof optional>>;
export type FieldName = keyof typeof fields;

export const storedName = (name: FieldName): string => fields[name].stored;
export const storedNames: readonly string[] = Object.values(fields).map(({ stored }) => stored);

/** Fields as they are stored; what is undefined is left out. */
export function encode(changes: Partial<GenerationRecord>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) => {
      const { stored, write } = fields[name as FieldName] as Field<unknown>;
      return value === undefined ? [] : [[stored, write(value)]];
    }),
  );
}

/** Named fields of a stored hash; those that it lacks are left out. */
export function decodeFields<Name extends FieldName>(
  names: readonly Name[],
  hash: Readonly<Record<string, string | undefined>>,
): Pick<GenerationRecord, Name> {
  const found = names.flatMap((name) => {
    const value = hash[storedName(name)];
    return value === undefined || value === "" ? [] : [[name, fields[name].read(value)]];
  });
  return Object.fromEntries(found) as Pick<GenerationRecord, Name>;
}

const allNames = Object.keys(fields) as FieldName[];
const requiredNames = Object.keys(required) as (keyof typeof required)[];

/**
 * A stored hash as a record; undefined where there is none. A LedgerError `version` for one that only newer code can read, `broken` for one that
 * lacks a field that every record has.
 */
export function decode(hash: Readonly<Record<string, string>>): GenerationRecord | undefined {
  if (hash.state === undefined) return undefined;
  if (hash.v !== recordVersion)
    throw new LedgerError("version", `record version ${hash.v} is newer than this process understands`);
  const missing = requiredNames.find((name) => hash[storedName(name)] === undefined);
  if (missing !== undefined) throw new LedgerError("script_error", `a record lacks its field ${storedName(missing)}`);
  return decodeFields(allNames, hash);
}
