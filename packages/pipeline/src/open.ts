import { join } from "node:path";
import { type Config, redisUrl as redisUrlForm, withoutPassword } from "@reelqueue/contracts";
import { createEgress } from "@reelqueue/egress";
import * as ledger from "@reelqueue/ledger";
import { createProber, openDiskMedia, openDiskOutputs } from "@reelqueue/media";
import { keyVariables, providerNamed } from "@reelqueue/providers";
import { openQueues } from "@reelqueue/queue";
import {
  createMetrics,
  derivedWebhookSecret,
  deriveKey,
  installationSecret,
  type LoadedConfig,
  type Logger,
  loadConfig,
  type Metrics,
  type Secret,
  StartError,
} from "@reelqueue/runtime";
import { openAccounts } from "./accounts.ts";
import type { Context } from "./context.ts";
import { createStageMetrics } from "./context.ts";
import { openRunTimes } from "./poll/run-times.ts";
import { watchSafety } from "./redis-safety.ts";
import { timing } from "./timing.ts";

export interface OpenOptions {
  redisUrl: string;
  /** Folder of this installation: secret, outputs, media. */
  home: string;
  configPath: string;
  publicUrl?: string;
  /** Where keys and secrets named in the configuration are read from. */
  env: Readonly<Record<string, string | undefined>>;
  role: ledger.ConnectionRole;
  /** This process only enqueues and reads: it needs no provider's key. */
  withoutSecrets?: boolean;
  log: Logger;
  /** Where the measures go; left out: to ones of its own. */
  metrics?: Metrics;
}

/** Replaces parts of an installation: crash points, shorter leases, another output store, a rule that is not kept. Only entry files of tests and benches pass one. */
export type Adjust = (installation: Installation) => Installation;

/** Everything the stages need, opened; plus what only front doors and health checks ask for. */
export interface Installation extends Context {
  config: Config;
  metrics: Metrics;
  /** Is Redis here and safe? The reasons are sentences to act on. */
  ready(): Promise<{ ok: boolean; reasons: string[] }>;
  /** Opens a further connection to the same Redis. */
  connect: () => ReturnType<typeof ledger.connect>;
}

/** A worker may start before its Redis; a front door has a caller who waits. */
const readyWithinMs = { worker: 10_000, front: 3_000 } as const;

/** Opens an installation in order; the scope closes it in reverse. A StartError says what is wrong and what to do. */
export async function openContext(
  scope: AsyncDisposableStack,
  options: OpenOptions,
  adjust: Adjust = (installation) => installation,
): Promise<Installation> {
  const { home, log, metrics = createMetrics() } = options;
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  const loaded = await loadConfig({ ...options, path: options.configPath, keyVariables });
  const { config } = loaded;
  const secret = await installationSecret(home);
  const cell = await openReadyCell(scope, options, config.cell);
  scope.use(ledger.watchPrimary(cell, (restored) => tellFailover(log, restored)));
  const connect = () => ledger.connect(options.redisUrl, options.role);
  const queues = scope.use(openQueues({ connect, prefix: cell.prefix }));
  const http = createEgress({ allowPrivate: config.allowPrivate });
  scope.defer(() => http.close());
  const safety = scope.use(await watchSafety(cell, config, log, metrics));
  const storage = { minFreeBytes: config.outputs.minFreeBytes, maxFileBytes: config.outputs.maxFileBytes };
  const media = await openDiskMedia({ directory: config.outputs.mediaDirectory, ...storage });
  return adjust({
    cell,
    transitions: new ledger.Transitions(cell, publicUrl),
    queues,
    accounts: openAccounts(loaded.accounts, config, providerNamed),
    http,
    log,
    meters: createStageMetrics(metrics),
    metrics,
    secrets: { callbackKey: deriveKey(secret, "callback"), webhookSecrets: webhookSecretsOf(loaded, secret) },
    ...(publicUrl !== undefined && { publicUrl }),
    media,
    prober: createProber({ http, media }),
    outputs: await openDiskOutputs({ directory: config.outputs.directory, egress: http, ...storage }),
    runTimes: openRunTimes(cell),
    random: Math.random,
    submitRefusal: safety.submitRefusal,
    acceptRefusal: safety.acceptRefusal,
    ready: safety.ready,
    timing,
    ...admissionWakes(),
    config,
    connect,
  });
}

function admissionWakes(): Pick<Installation, "wakeAdmission" | "onWakeAdmission"> {
  const listeners = new Set<(account: string) => void>();
  return {
    wakeAdmission: (account) => {
      for (const listener of listeners) listener(account);
    },
    onWakeAdmission: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

async function openReadyCell(
  scope: AsyncDisposableStack,
  { redisUrl: url, role }: OpenOptions,
  name: string,
): Promise<ledger.Cell> {
  const form = redisUrlForm.safeParse(url);
  if (!form.success) throw new StartError(`REDIS_URL is no address of a Redis: ${form.error.issues[0]?.message}`);
  // in the scope before it is ready: closing the scope ends the waiting too
  const cell = scope.use(ledger.openCell({ url, cell: name, role }));
  try {
    await ledger.awaitReady(cell, readyWithinMs[role]);
    return cell;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `${why} (REDIS_URL is ${withoutPassword(url)}): start it with \`npm start\`, or correct REDIS_URL`,
      { passing: true },
    );
  }
}

function tellFailover(log: Logger, restored: number): void {
  log.warn(
    { event: "redis.failover", restored },
    "another Redis took over, or Redis restarted: `restored` recent transitions of this process were made again",
  );
}

/** A tenant's own secret where the configuration names one, else one derived from the installation's. */
function webhookSecretsOf({ webhookSecrets }: LoadedConfig, secret: Secret<Buffer>): (tenant: string) => string[] {
  const derived = new Map<string, string>();
  return (tenant) => {
    const own = webhookSecrets.get(tenant);
    if (own) return [own.reveal()];
    const known = derived.get(tenant) ?? derivedWebhookSecret(secret, tenant);
    derived.set(tenant, known);
    return [known];
  };
}

export const defaultConfigPath = (folder: string): string => join(folder, "reelqueue.config.json");
