import { z } from "zod";
import { faultNames } from "./faults.ts";
import { limitsSchema } from "./limits.ts";
import type { Task } from "./task.ts";

export const ratesSchema = z.partialRecord(z.enum(faultNames), z.number().min(0).max(1));

/** One task for another simulator: its age instead of its times, so that it continues at the same age. */
const taskSnapshot = z.strictObject({
  id: z.string().min(1),
  number: z.int().positive(),
  vendor: z.string().min(1),
  key: z.string().min(1),
  order: z.custom<Task["order"]>((value) => typeof value === "object" && value !== null),
  marker: z.string().optional(),
  chance: z.number(),
  /** How often each planned fault can still occur; null: always. */
  faults: z.partialRecord(z.enum(faultNames), z.number().nullable()),
  ageMs: z.number().nonnegative(),
  failure: z.enum(["upstream", "silent", "moderation"]).optional(),
  stopped: z.enum(["cancelled", "expired"]).optional(),
  deleted: z.boolean(),
  /** The client's idempotency key and the hash of the body sent with it. */
  idempotency: z.strictObject({ key: z.string(), bodyHash: z.string() }).optional(),
});

/** Tasks, oldest first. Uploaded files, assets, fault counters and the log are not included. */
export const snapshotSchema = z.array(taskSnapshot);
export type TaskSnapshot = z.output<typeof taskSnapshot>;

const secret = z.string().min(16).max(256);

/** The options of a simulator. Durations are in provider time: `clockFactor` says how much faster it passes. */
export const simulatorOptions = z.strictObject({
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().min(1).default("127.0.0.1"),
  /** The base of output URLs, as clients reach the simulator; absent: host and port. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  seed: z.int().default(1),
  clockFactor: z.number().positive().default(1),
  /** How long tasks take; absent: a median by model, resolution and seconds. */
  generationMs: z
    .strictObject({ median: z.number().nonnegative(), sigma: z.number().nonnegative().default(0) })
    .optional(),
  /** A task ends at exactly this status read, independent of time. */
  finishAfterPolls: z.int().positive().optional(),
  /** By vendor name; an absent limit is the vendor's own. */
  limits: z.union([z.literal("off"), z.record(z.string(), limitsSchema)]).default({}),
  /** The share of submissions that each fault applies to. */
  rates: ratesSchema.default({}),
  /**
   * `seed`: the vendors' own pages; `strict`: also inferred rules, and the narrower side of a contradiction;
   * `newer`: the current page of a vendor where it has changed.
   */
  reading: z.enum(["seed", "strict", "newer"]).default("seed"),
  /** How long after the connection was reset an `accept-late` task is accepted. */
  acceptLateMs: z.number().nonnegative().default(120_000),
  /** How long an asset is reviewed before it can be used. */
  assetReviewMs: z.number().nonnegative().default(20_000),
  /** How long output URLs are valid; absent: the vendor's own. */
  urlLifeMs: z.number().positive().optional(),
  /** How long after the end of a task the faults of its files and reads last that name `fileOutageMs`. */
  fileOutageMs: z.number().nonnegative().default(7_200_000),
  /** `tiny`: every video is the same 4-second clip. */
  outputs: z.enum(["clips", "tiny"]).default("clips"),
  /** Pads every video to exactly this size; it remains a valid MP4. */
  outputBytes: z.int().min(1).max(4_000_000_000).optional(),
  callbacks: z.boolean().default(true),
  /** Signs callbacks of vendors that support signatures. */
  callbackSecret: secret.optional(),
  /** The previous secret during a rotation, for vendors that sign with both. */
  previousCallbackSecret: secret.optional(),
  /** The default webhook of a token, for vendors that have one; a callback URL must have the same origin. */
  webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Also accept `http:` callback URLs of this machine and of `callbackHosts`. */
  allowHttpCallbacks: z.boolean().default(false),
  /** Hosts besides loopback to which callbacks are sent. */
  callbackHosts: z.array(z.string().min(1)).default([]),
  /** How many finished tasks are kept; the oldest are dropped, their sums stay in the bill. */
  keepTasks: z.int().positive().default(200_000),
  /** Keeps the normalized request of every task; `GET /simulator/tasks` shows it as `request`. */
  keepRequests: z.boolean().default(false),
  keepLog: z.int().positive().default(1_000),
  /** The body of another simulator's `GET /simulator/snapshot`; its tasks continue here. */
  snapshot: snapshotSchema.default([]),
});

export type SimulatorOptions = z.input<typeof simulatorOptions>;
export type Settings = z.output<typeof simulatorOptions>;
