import type { Failure, RemoteOutput, State } from "@reelqueue/contracts";
import { LedgerError } from "./error.ts";
import type { Lane } from "./keys.ts";

/**
 * The stored record of a generation: a hash of texts with short names. This file is the glossary of the names; the Lua
 * scripts are the only other place that uses them, and a test compares the two. Amounts are micro-USD, times ms since
 * 1970 by the clock of Redis.
 */

/** Version of the stored form; records of a newer version are not touched. */
export const recordVersion = "1";

/** A field: its stored name, parser and serializer. */
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

/** A word of a provider that no document names, and when it came. */
export interface OddStatus {
  status: string;
  atMs: number;
}

/** Number of consecutive occurrences and time of the last count: `3@1790000000000`. */
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
  /** Number of the last dispatch; a job with another number is stale. */
  dispatchSeq: int("n"),
  stateChangedAtMs: int("at"),
  createdAtMs: int("born"),
  /** Number of the paid attempt, from 1. */
  attempt: int("attempt"),
  account: text("account"),
  tenant: text("tenant"),
  priority: int("priority"),
  /** Hash of the request; tells a repeated request from another one under the same key. */
  requestHash: text("hash"),
  /** `provider/model/resolution/seconds/mode`: class of the run-time statistics. */
  runTimeClass: text("class"),
};

const optional = {
  /** Token of the last transition; recognises a repeated one. */
  token: text("token"),
  lane: text<Lane | "backlog">("lane"),
  /** Position in the backlog; cleared when it can no longer return there. */
  backlogSeq: int("seq"),
  batch: text("batch"),
  deadlineAtMs: int("expires"),
  /** The account was chosen, not named; it may change until the first POST. */
  accountChosen: text<"auto">("route"),
  cancelRequested: flag("cancel"),
  estimateMicroUsd: int("estimate"),
  /** Reserved for this attempt in the budget of the UTC day `reservedOnDay` (days since 1970). */
  reservedMicroUsd: int("held"),
  reservedOnDay: int("day"),
  /** Cost of all attempts. */
  settledMicroUsd: int("cost"),
  holdsSlot: flag("slot"),

  // submit
  /** Submits of this attempt that were requeued because nothing was sent. */
  requeues: int("submits"),
  /** Form of the token in the callback URL of this attempt's POST; absent: the older one, which names no account. */
  callbackForm: int("callback"),
  /** Task id from a callback that arrived before the answer to the POST. */
  callbackTaskId: text("hint"),
  /** Tasks that callbacks have named and the generation did not have: `<attempt>:<hash>`, a few per attempt. */
  namedTasks: words("hints"),
  /** When callbacks last made it due, or are to make it due. */
  calledAtMs: int("called"),
  /** Why the outcome of the POST is unknown. */
  unknownReason: text("evidence"),
  /** From this time on no worker can still send the POST; absent: since it became `unknown`. */
  quietFromMs: int("silentAt"),
  /** Consecutive look-ups that found no task. */
  absentLookups: streak("absences"),
  /** Workers that died during the submit, and the time of the first crash. */
  crashes: streak("crashes"),
  /** Consecutive unusable answers. */
  consecutiveErrors: int("trouble"),

  // task
  /** The last poll without a usable answer: what came instead. */
  pollFailure: text("answered"),
  taskId: text("task"),
  /** Task ids of earlier attempts. */
  previousTaskIds: words("earlier"),
  polls: int("polls"),
  /** Age of the task at the last poll that found it running. */
  ageAtLastPollMs: int("seen"),
  /** Percent. */
  progress: int("progress"),
  /** The last status that no document names; it stays, for the timeline. */
  oddStatus: json<OddStatus>("oddWord"),
  /** Consecutive polls that the provider answered with 404. */
  missingPolls: streak("misses"),
  remoteOutputs: json<RemoteOutput[]>("remote"),
  /** BullMQ priority of the download, by the first expiry of a remote output. */
  finalizePriority: int("urgency"),
  /** Usage that the provider reports. */
  usage: json<Record<string, number>>("usage"),
  /** When the task was found finished. */
  finishedAtMs: int("finished"),
  /** Number of failed downloads. */
  downloadAttempts: int("keeps"),
  /** Why the last download failed. */
  downloadFailure: text("keptNot"),

  // end
  failure: json<Failure>("failure"),
  /** Stored outputs; `outputsOf` reads them. */
  outputsText: text("outputs"),
  /** What is not by the book about the outputs, or was asked for and could not be had. */
  warnings: json<string[]>("warnings"),
  /** Number of webhook events. */
  eventCount: int("events"),
  /** Stored timeline; `timelineOf` reads it. */
  timelineText: text("log"),
};

const fields = { ...required, ...optional };
type Values<Table> = { [Name in keyof Table]: Table[Name] extends Field<infer T> ? T : never };

/** The mutable part of a generation; the request is stored separately. */
export type GenerationRecord = Values<typeof required> & Partial<Values<typeof optional>>;
export type FieldName = keyof typeof fields;

export const storedName = (name: FieldName): string => fields[name].stored;
export const storedNames: readonly string[] = Object.values(fields).map(({ stored }) => stored);

/** Stored form of fields; undefined values are left out. */
export function encode(changes: Partial<GenerationRecord>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) => {
      const { stored, write } = fields[name as FieldName] as Field<unknown>;
      return value === undefined ? [] : [[stored, write(value)]];
    }),
  );
}

/** The named fields of a stored hash; absent fields are left out. */
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
 * Parses a stored hash; undefined if there is no record. LedgerError `version` for a record of a newer version,
 * `script_error` for one without a required field.
 */
export function decode(hash: Readonly<Record<string, string>>): GenerationRecord | undefined {
  if (hash.state === undefined) return undefined;
  if (hash.v !== recordVersion)
    throw new LedgerError("version", `the record has version ${hash.v}, newer than this process can read: upgrade it`);
  const missing = requiredNames.find((name) => hash[storedName(name)] === undefined);
  if (missing !== undefined) throw new LedgerError("script_error", `the record has no field ${storedName(missing)}`);
  return decodeFields(allNames, hash);
}
