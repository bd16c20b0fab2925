import { z } from "zod";

const usd = z.number().nonnegative();

/** One API key at one provider, with its limits, prices and policies. */
export const accountConfig = z.strictObject({
  provider: z.string().min(1),
  /** Root of the provider's API; left out: the provider's public address. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of the environment variable that holds the key; the key itself never stands in the file. */
  keyEnv: z.string().regex(/^[A-Z][A-Z0-9_]*$/, "the NAME of an environment variable, not the key itself"),
  /** Name of the environment variable with the secret that the provider signs its callbacks with. */
  callbackSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional(),
  limits: z
    .strictObject({
      /** Tasks that may run at once. */
      inFlight: z.int().positive().optional(),
      /** Requests in a minute: of every kind, or submits alone where queries have a limit of their own. */
      requestsPerMinute: z.number().positive().optional(),
      /** Queries in a minute, where the provider counts them apart from submits. */
      queriesPerMinute: z.number().positive().optional(),
    })
    .default({}),
  /** Unit prices in USD per second of video, by `<model>/<resolution>` (`+video` behind it: with video input). */
  pricesPerSecond: z.record(z.string(), usd).default({}),
  /** Prices in USD per million tokens by the same names, at a provider that counts tokens. */
  pricesPerMillionTokens: z.record(z.string(), usd).default({}),
  /** No more than this may be reserved and spent in one UTC day. */
  dailyBudgetUsd: usd.optional(),
  /** Whether the provider charges tasks that fail, where you know better than the capability table; automatic retry needs `false`. */
  chargesFailures: z.boolean().optional(),
  /** Provider-specific readings of a document that contradicts itself, by switch name. */
  switches: z.record(z.string(), z.boolean()).default({}),
  /** Also refuse what only INFERRED rules forbid. */
  strict: z.boolean().default(false),
  /** How long after its socket was closed a POST may still take effect (ms), where you know better than the capability table; shorter than the truth risks a second charge. */
  quietMs: z.number().nonnegative().optional(),
  /** What becomes of a POST whose fate nobody can find out: a person decides, or it is sent again and may be paid twice. */
  onUnknown: z.enum(["review", "resubmit"]).default("review"),
  /** With `resubmit`, no more than this may be risked in one UTC day; beyond it, and where no price is known, a person decides. */
  resubmitUsdPerDay: usd.default(10),
  /** Other programs make tasks with this key too: a task that no generation here owns is no alarm then. */
  sharedKey: z.boolean().default(false),
  /** Look at media files (local ones, data URIs and URLs) before a request is taken, and check format, pixels and length. */
  probe: z.boolean().default(true),
  /** How many times faster than real time the provider lives; 1 for a real one, more for the simulator. */
  timeScale: z.number().positive().default(1),
});
export type AccountConfig = z.output<typeof accountConfig>;

export const tenantConfig = z.strictObject({
  /** SHA-256 of each API key, in hex; `reelqueue` prints one with `./reelqueue key`. */
  apiKeySha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)).default([]),
  /** Share of an account's slots beside other tenants. */
  weight: z.number().positive().default(1),
  /** Name of the environment variable with this tenant's webhook signing secret (`whsec_…`). */
  webhookSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional(),
});
export type TenantConfig = z.output<typeof tenantConfig>;

/** `reelqueue.config.json`. Every field has a working default. */
export const config = z.strictObject({
  $schema: z.string().optional(),
  accounts: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), accountConfig).default({}),
  tenants: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), tenantConfig).default({}),
  /** The cell this process serves: one hash tag in Redis. */
  cell: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,11}$/)
    .default("reel"),
  /** `strict`: submit is refused while Redis could lose what it acknowledged. `relaxed`: a warning only. */
  durability: z.enum(["strict", "relaxed"]).default("strict"),
  /** Say so here where CONFIG and INFO cannot tell (managed Redis). */
  assertDurable: z.boolean().default(false),
  outputs: z
    .strictObject({
      /** Folder of the kept files, relative to the home folder. */
      directory: z.string().default("outputs"),
      mediaDirectory: z.string().default("media"),
      /** Downloads stop while less than this is free. */
      minFreeBytes: z.int().nonnegative().default(1_073_741_824),
      maxFileBytes: z.int().positive().default(1_073_741_824),
    })
    .prefault({}),
  /** Addresses that webhooks and downloads may reach although they are private, as CIDR ranges. */
  allowPrivate: z.array(z.string()).default([]),
  retentionDays: z.number().positive().default(30),
});
export type Config = z.output<typeof config>;
