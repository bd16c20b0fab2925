import { z } from "zod";

const usd = z.number().nonnegative();

/** An account: one API key at one provider, with its limits, prices and policies. */
export const accountConfig = z.strictObject({
  provider: z.string().min(1),
  /** Root URL of the provider's API; default: the provider's public address. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of the environment variable that holds the API key; the key itself is never in the file. */
  keyEnv: z.string().regex(/^[A-Z][A-Z0-9_]*$/, "the NAME of an environment variable, not the key itself"),
  /** Name of the environment variable that holds the secret of the provider's callback signatures. */
  callbackSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional(),
  limits: z
    .strictObject({
      /** Maximum number of tasks that run at the same time. */
      inFlight: z.int().positive().optional(),
      /** Requests per minute; submits only, if the provider counts queries separately. */
      requestsPerMinute: z.number().positive().optional(),
      /** Queries per minute, if the provider counts them separately from submits. */
      queriesPerMinute: z.number().positive().optional(),
    })
    .default({}),
  /** Prices in USD per second of video, by `<model>/<resolution>`, or `<model>/<resolution>+video` with video input. */
  pricesPerSecond: z.record(z.string(), usd).default({}),
  /** Prices in USD per million tokens, by the same keys, for a provider that charges by tokens. */
  pricesPerMillionTokens: z.record(z.string(), usd).default({}),
  /** Maximum amount reserved and spent per UTC day, in USD. */
  dailyBudgetUsd: usd.optional(),
  /** Whether the provider charges failed tasks; overrides the capability table. Automatic retry needs `false`. */
  chargesFailures: z.boolean().optional(),
  /** Provider-specific choices where a provider's documentation contradicts itself, by switch name. */
  switches: z.record(z.string(), z.boolean()).default({}),
  /** Also refuse requests that only an INFERRED rule forbids. */
  strict: z.boolean().default(false),
  /**
   * Time (ms) after the socket was closed during which a POST may still take effect; overrides the capability table.
   * A value that is too short risks a second charge.
   */
  quietMs: z.number().nonnegative().optional(),
  /**
   * Policy for a POST whose outcome cannot be determined: `review` (an operator decides) or `resubmit` (may be charged
   * twice).
   */
  onUnknown: z.enum(["review", "resubmit"]).default("review"),
  /**
   * With `resubmit`: maximum possible double charge per UTC day, in USD. Above it, or without a known price: `review`.
   */
  resubmitUsdPerDay: usd.default(10),
  /** Other programs create tasks with this key too: an unowned task raises no alarm. */
  sharedKey: z.boolean().default(false),
  /**
   * Read media files (local files, data URIs and URLs) before a request is accepted; check format, pixels and duration.
   */
  probe: z.boolean().default(true),
  /** Speed of the provider's clock relative to real time: 1 for a real provider, higher for the simulator. */
  timeScale: z.number().positive().default(1),
});
export type AccountConfig = z.output<typeof accountConfig>;

export const tenantConfig = z.strictObject({
  /** SHA-256 of each API key, in hex; `./reelqueue key` prints one. */
  apiKeySha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)).default([]),
  /** Weight of the tenant in the share of an account's slots. */
  weight: z.number().positive().default(1),
  /** Name of the environment variable that holds the tenant's webhook signing secret (`whsec_…`). */
  webhookSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional(),
});
export type TenantConfig = z.output<typeof tenantConfig>;

/** Schema of `reelqueue.config.json`. Every field has a working default. */
export const config = z.strictObject({
  $schema: z.string().optional(),
  accounts: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), accountConfig).default({}),
  tenants: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), tenantConfig).default({}),
  /** Cell that this process serves: one hash tag in Redis. */
  cell: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,11}$/)
    .default("reel"),
  /** `strict`: no submits while Redis could lose acknowledged writes. `relaxed`: a warning only. */
  durability: z.enum(["strict", "relaxed"]).default("strict"),
  /** Asserts that Redis is durable, if CONFIG is forbidden (managed Redis). */
  assertDurable: z.boolean().default(false),
  outputs: z
    .strictObject({
      /** Output store: a folder, relative to the home folder. */
      directory: z.string().default("outputs"),
      /** Media store: a folder, relative to the home folder. */
      mediaDirectory: z.string().default("media"),
      /** Downloads stop while fewer bytes are free. */
      minFreeBytes: z.int().nonnegative().default(1_073_741_824),
      maxFileBytes: z.int().positive().default(1_073_741_824),
    })
    .prefault({}),
  /** Private addresses that webhooks and downloads may reach, as CIDR ranges. */
  allowPrivate: z.array(z.string()).default([]),
  retentionDays: z.number().positive().default(30),
});
export type Config = z.output<typeof config>;
