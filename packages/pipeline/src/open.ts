import { join } from "node:path";
import { type Config, redisUrl as redisUrlForm, withoutPassword } from "@reelqueue/contracts";
import { createEgress, type Egress } from "@reelqueue/egress";
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
import { type Context, createStageMetrics } from "./context.ts";
import { openCallbackTrust } from "./poll/callback-trust.ts";
import { openRunTimes } from "./poll/run-times.ts";
import { watchSafety } from "./redis-safety.ts";
import { timing } from "./timing.ts";

export interface OpenOptions {
  redisUrl: string;
  /** Folder of this installation: secret, outputs, media. */
  home: string;
  configPath: string;
  /** The configuration file must be there: the user has named it. */
  configRequired?: boolean;
  publicUrl?: string;
  /** Where keys and secrets named in the configuration are read from. */
  env: Readonly<Record<string, string | undefined>>;
  role: ledger.ConnectionRole;
  /** The process only enqueues and reads, and needs no provider's key. */
  withoutSecrets?: boolean;
  log: Logger;
  /** Registry of the metrics; left out: a new one. */
  metrics?: Metrics;
}

/**
 * Replaces parts of an installation, such as crash points, leases or stores. Only entry files of tests and benches pass
 * one.
 */
export type Adjust = (installation: Installation) => Installation;

/** An opened context, with what only apps and health checks use. */
export interface Installation extends Context {
  config: Config;
  metrics: Metrics;
  /** Whether Redis is reachable and safe; each reason is a sentence that says what to do. */
  ready(): Promise<{ ok: boolean; reasons: string[] }>;
  /** Opens a further connection to the same Redis. */
  connect: () => ReturnType<typeof ledger.connect>;
}

/** How long Redis is waited for: a worker may start before it, a front end has a waiting caller. */
const readyWithinMs = { worker: 10_000, front: 3_000 } as const;

/** Opens an installation; `scope` closes it. Throws StartError, whose message says what is wrong and what to do. */
export async function openContext(
  scope: AsyncDisposableStack,
  options: OpenOptions,
  adjust: Adjust = (installation) => installation,
): Promise<Installation> {
  const { home, log, metrics = createMetrics(), configPath: path, configRequired: required = false } = options;
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  const loaded = await loadConfig({ ...options, path, required, keyVariables });
  const { config } = loaded;
  const accounts = openAccounts(loaded.accounts, config, providerNamed);
  const secret = await installationSecret(home);
  const cell = await openReadyCell(scope, options, config.cell);
  scope.use(ledger.watchPrimary(cell, (restored) => logFailover(log, restored)));
  const connect = () => ledger.connect(options.redisUrl, options.role);
  const queues = scope.use(openQueues({ connect, prefix: cell.prefix }));
  const http = createEgress({ allowPrivate: config.allowPrivate, allowHosts: config.allowHosts });
  scope.defer(() => http.close());
  const { submitRefusal, acceptRefusal, ready } = scope.use(await watchSafety(cell, config, log, metrics));
  const meters = createStageMetrics(metrics);
  const onEnd = (account: string, state: string) => meters.ends.inc({ account, state });
  return adjust({
    cell,
    transitions: new ledger.Transitions(cell, publicUrl, undefined, onEnd),
    queues,
    accounts,
    http,
    log,
    meters,
    metrics,
    secrets: { callbackKey: deriveKey(secret, "callback"), webhookSecrets: webhookSecretsOf(loaded, secret) },
    ...(publicUrl !== undefined && { publicUrl }),
    ...(await openStores(config, http)),
    runTimes: openRunTimes(cell),
    callbackTrust: openCallbackTrust(cell, publicUrl, log),
    random: Math.random,
    ...{ submitRefusal, acceptRefusal, ready, timing, config, connect },
    ...admissionWakes(),
  });
}

async function openStores(
  { outputs: own }: Config,
  http: Egress,
): Promise<Pick<Context, "media" | "prober" | "outputs">> {
  const limits = { minFreeBytes: own.minFreeBytes, maxFileBytes: own.maxFileBytes };
  const media = await openDiskMedia({ directory: own.mediaDirectory, ...limits });
  const outputs = await openDiskOutputs({ directory: own.directory, egress: http, ...limits });
  return { media, prober: createProber({ http, media }), outputs };
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
  // in the scope before it is ready, so that closing the scope also ends the wait
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

function logFailover(log: Logger, restored: number): void {
  log.warn(
    { event: "redis.failover", restored },
    "another Redis took over, or Redis restarted: `restored` recent transitions of this process were made again",
  );
}

/** The secret that the configuration names for a tenant, else one derived from the installation's. */
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
