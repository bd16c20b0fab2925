import { z } from "zod";
import { faultNames } from "./faults.ts";
import { snapshotSchema } from "./snapshot.ts";

export const ratesSchema = z.partialRecord(z.enum(faultNames), z.number().min(0).max(1));

const perMinute = z.int().min(1).max(1_000_000).optional();
const limitsSchema = z.strictObject({
  /** Requests of every kind in one provider-minute, per key. */
  requestsPerMinute: perMinute,
  /** Creates alone, where the vendor counts them apart. */
  submitsPerMinute: perMinute,
  /** Status reads and lists alone. */
  queriesPerMinute: perMinute,
  /** Tasks in flight per key; one more is refused. */
  concurrent: z.int().positive().optional(),
});

const secret = z.string().min(16).max(256);

/** How a simulator behaves. Times in milliseconds are the provider's own; `clockFactor` says how much faster they pass here. */
export const simulatorOptions = z.strictObject({
  /** 0: any free one. */
  port: z.int().min(0).max(65_535).default(0),
  host: z.string().min(1).default("127.0.0.1"),
  /** Where clients reach the simulator, for the URLs of outputs; left out: host and port. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  seed: z.int().default(1),
  clockFactor: z.number().positive().default(1),
  /** How long tasks take; left out: a median by model, resolution and seconds. */
  generationMs: z
    .strictObject({ median: z.number().nonnegative(), sigma: z.number().nonnegative().default(0) })
    .optional(),
  /** A task is done at exactly this status read, and time plays no part. */
  finishAfterPolls: z.int().positive().optional(),
  /** By dialect; what is left out is the vendor's own. */
  limits: z.union([z.literal("off"), z.record(z.string(), limitsSchema)]).default({}),
  /** Share of submissions that each fault befalls. */
  rates: ratesSchema.default({}),
  /**
   * `seed`: what the vendors' own pages say; `strict`: also what is only concluded, and the narrower side of a contradiction;
   * `newer`: where a vendor's page has changed since, the page of today.
   */
  reading: z.enum(["seed", "strict", "newer"]).default("seed"),
  /** How long an `accept-late` task hides before it takes effect. */
  acceptLateMs: z.number().nonnegative().default(120_000),
  /** How long an uploaded asset is looked at before it may be used. */
  assetReviewMs: z.number().nonnegative().default(20_000),
  /** Life of output URLs; left out: the vendor's. */
  urlLifeMs: z.number().positive().optional(),
  /** `tiny`: every video is the same 4-second clip. */
  outputs: z.enum(["clips", "tiny"]).default("clips"),
  /** Every video is padded to exactly this many bytes, and stays a valid MP4. */
  outputBytes: z.int().min(1).max(4_000_000_000).optional(),
  callbacks: z.boolean().default(true),
  /** Signs callbacks where the vendor can. */
  callbackSecret: secret.optional(),
  /** The secret before a rotation: vendors that do so sign with both. */
  previousCallbackSecret: secret.optional(),
  /** The default address of a client's webhook, where a vendor has one per token; an address in a request must be of the same origin. */
  webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Also accept `http:` callback URLs of this machine and of `callbackHosts`. */
  allowHttpCallbacks: z.boolean().default(false),
  /** Hosts besides loopback that callbacks may really be sent to. */
  callbackHosts: z.array(z.string().min(1)).default([]),
  /** Finished tasks beyond this many are forgotten, oldest first; their sums stay. */
  keepTasks: z.int().positive().default(200_000),
  /** Keeps with every task what was asked for, as it was understood; `GET /simulator/tasks` shows it. */
  keepAsked: z.boolean().default(false),
  keepLog: z.int().positive().default(1_000),
  /** What `GET /simulator/snapshot` of another simulator answered: its tasks go on here. */
  snapshot: snapshotSchema.default([]),
});

export type SimulatorOptions = z.input<typeof simulatorOptions>;
export type Settings = z.output<typeof simulatorOptions>;
