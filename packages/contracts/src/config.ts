import { z } from "zod";

const usd = z.number().nonnegative();

/** An account: one API key at one provider, with its limits, prices and policies. */
export const accountConfig = z.strictObject({
  provider: z.string().min(1).describe("Name of the provider: `hiapi`, `jiekou`, `toapis`, `xingchao` or `ark`."),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Root URL of the provider's API; default: the provider's public address."),
  keyEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, "the NAME of an environment variable, not the key itself")
    .describe("Name of the environment variable that holds the API key; the key itself is never in the file."),
  callbackSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional()
    .describe("Name of the environment variable that holds the secret of the provider's callback signatures."),
  limits: z
    .strictObject({
      inFlight: z.int().positive().optional().describe("Maximum number of tasks that run at the same time."),
      requestsPerMinute: z
        .number()
        .positive()
        .optional()
        .describe("Requests per minute; submits only, if the provider counts queries separately."),
      queriesPerMinute: z
        .number()
        .positive()
        .optional()
        .describe("Queries per minute, if the provider counts them separately from submits."),
    })
    .default({})
    .describe("Limits of the account; default: those of the capability table."),
  pricesPerSecond: z
    .record(z.string(), usd)
    .default({})
    .describe(
      "Prices in USD per second of video, by `<model>/<resolution>`, or `<model>/<resolution>+video` with video input.",
    ),
  pricesPerMillionTokens: z
    .record(z.string(), usd)
    .default({})
    .describe("Prices in USD per million tokens, by the same keys, for a provider that charges by tokens."),
  dailyBudgetUsd: usd.optional().describe("Maximum amount reserved and spent per UTC day, in USD."),
  chargesFailures: z
    .boolean()
    .optional()
    .describe(
      "Whether the provider charges failed tasks; overrides the capability table. Automatic retry needs `false`.",
    ),
  switches: z
    .record(z.string(), z.boolean())
    .default({})
    .describe("Provider-specific choices where a provider's documentation contradicts itself, by switch name."),
  strict: z.boolean().default(false).describe("Also refuse requests that only an INFERRED rule forbids."),
  quietMs: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      "Time (ms) after the socket was closed during which a POST may still take effect; overrides the capability table. A value that is too short risks a second charge.",
    ),
  onUnknown: z
    .enum(["review", "resubmit"])
    .default("review")
    .describe(
      "Policy for a POST whose outcome cannot be determined: `review` (an operator decides) or `resubmit` (may be charged twice).",
    ),
  resubmitUsdPerDay: usd
    .default(10)
    .describe(
      "With `resubmit`: maximum possible double charge per UTC day, in USD. Above it, or without a known price: `review`.",
    ),
  sharedKey: z
    .boolean()
    .default(false)
    .describe("Other programs create tasks with this key too: an unowned task raises no alarm."),
  probe: z
    .boolean()
    .default(true)
    .describe(
      "Read media files (local files, data URIs and URLs) before a request is accepted; check format, pixels and duration.",
    ),
  timeScale: z
    .number()
    .positive()
    .default(1)
    .describe("Speed of the provider's clock relative to real time: 1 for a real provider, higher for the simulator."),
});
export type AccountConfig = z.output<typeof accountConfig>;

export const tenantConfig = z.strictObject({
  apiKeySha256: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .default([])
    .describe("SHA-256 of each API key, in hex; `./reelqueue key` prints one."),
  weight: z.number().positive().default(1).describe("Weight of the tenant in the share of an account's slots."),
  webhookSecretEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional()
    .describe("Name of the environment variable that holds the tenant's webhook signing secret (`whsec_…`)."),
});
export type TenantConfig = z.output<typeof tenantConfig>;

/** Schema of `reelqueue.config.json`. Every field has a working default. */
export const config = z.strictObject({
  $schema: z
    .string()
    .optional()
    .describe("Path of `reelqueue.config.schema.json`: an editor completes and checks the file."),
  accounts: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), accountConfig)
    .default({})
    .describe("One API key at one provider each, by a name of your choice."),
  tenants: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), tenantConfig)
    .default({})
    .describe("Customers that share the accounts, by name; `default` is used where none is named."),
  cell: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,11}$/)
    .default("reel")
    .describe("Cell that this process serves: one hash tag in Redis."),
  durability: z
    .enum(["strict", "relaxed"])
    .default("strict")
    .describe("`strict`: no submits while Redis could lose acknowledged writes. `relaxed`: a warning only."),
  assertDurable: z
    .boolean()
    .default(false)
    .describe("Asserts that Redis is durable, if CONFIG is forbidden (managed Redis)."),
  outputs: z
    .strictObject({
      directory: z.string().default("outputs").describe("Output store: a folder, relative to the home folder."),
      mediaDirectory: z.string().default("media").describe("Media store: a folder, relative to the home folder."),
      minFreeBytes: z.int().nonnegative().default(1_073_741_824).describe("Downloads stop while fewer bytes are free."),
      maxFileBytes: z.int().positive().default(1_073_741_824).describe("A larger output is not stored."),
    })
    .prefault({})
    .describe("Where files are stored."),
  allowPrivate: z
    .array(z.union([z.cidrv4(), z.cidrv6()], "a CIDR range such as 10.0.0.0/8"))
    .default([])
    .describe("Private addresses that webhooks and downloads may reach, as CIDR ranges."),
  allowHosts: z
    .array(
      z
        .string()
        .regex(
          /^(?:https?:\/\/)?[a-z0-9.-]+(?::\d{1,5})?$/i,
          "a host such as cdn.example.com:8443 or http://cdn.example.com",
        ),
    )
    .default([])
    .describe(
      "Public hosts that webhooks and downloads may reach on another port than 443 (`host:port`) or by http (`http://host`).",
    ),
  retentionDays: z
    .number()
    .positive()
    .default(30)
    .describe("Days after its end until the record of a generation is deleted; its outputs stay."),
});
export type Config = z.output<typeof config>;
