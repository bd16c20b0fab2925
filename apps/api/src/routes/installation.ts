import type { Check, InstallationView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Account, callsBack, type Installation, mostMissedCallbacks } from "@reelqueue/pipeline";
import { keyVariables } from "@reelqueue/providers";
import type { Readiness } from "@reelqueue/runtime";
import type { FastifyInstance } from "fastify";
import { demandOperator } from "../auth.ts";
/** For operators: where files are stored, and the checks of the installation. */
export function installationRoutes(app: FastifyInstance, installation: Installation): void {
  app.get(
    "/installation",
    { onRequest: async (request) => demandOperator(request) },
    async (): Promise<InstallationView> => {
      const { cell, config, publicUrl } = installation;
      return {
        cell: cell.name,
        outputsDirectory: config.outputs.directory,
        publicUrl: publicUrl ?? null,
        checks: await checksOf(installation),
      };
    },
  );
}

/**
 * Checks everything that generations need: Redis, clock, disk, accounts, webhooks, keys. A failed check says in one
 * sentence what to do.
 */
async function checksOf(installation: Installation): Promise<Check[]> {
  const groups = await Promise.all([
    checkRedis(installation),
    checkClock(installation),
    checkDisk(installation),
    checkAccounts(installation),
    checkCallbacks(installation),
    checkPolls(installation).catch(() => []),
    checkBacklog(installation),
  ]);
  return [...groups.flat(), ...checkKeys(installation)];
}

const good = (name: string, sentence: string): Check => ({ name, ok: true, sentence });
const bad = (name: string, sentence: string): Check => ({ name, ok: false, sentence });

async function checkRedis({ cell, config }: Installation): Promise<Check[]> {
  try {
    const safety = await ledger.checkSafety(cell, { assertDurable: config.assertDurable });
    const problems = [...safety.unsafe, ...safety.warnings].map((sentence) => bad("durability", sentence));
    const safe = good("durability", "Redis keeps every write that it acknowledges.");
    return [
      good("redis", `Redis ${safety.version} answers; it uses ${megabytes(safety.usedMemory)}.`),
      ...(problems.length > 0 ? problems : [safe]),
    ];
  } catch (error) {
    return [bad("redis", `${error instanceof Error ? error.message : error}: start it, or correct REDIS_URL.`)];
  }
}

const skewWarnMs = 2_000;

async function checkClock({ cell }: Installation): Promise<Check[]> {
  const skewMs = await ledger.clockSkewMs(cell).catch(() => undefined);
  if (skewMs === undefined) return [];
  const apart = `The clocks of this machine and of Redis are ${Math.round(skewMs)} ms apart`;
  return [Math.abs(skewMs) > skewWarnMs ? bad("clock", `${apart}: run NTP on both.`) : good("clock", `${apart}.`)];
}

async function checkDisk({ outputs, config }: Installation): Promise<Check[]> {
  const { directory, minFreeBytes } = config.outputs;
  const free = await outputs.freeBytes();
  const sentence = `${megabytes(free)} are free for videos in ${directory}`;
  const floor = `downloads stop below ${megabytes(minFreeBytes)}`;
  return [
    free < minFreeBytes
      ? bad("disk", `Only ${sentence}, and ${floor}: make room.`)
      : good("disk", `${sentence}; ${floor}.`),
  ];
}

async function checkAccounts({ accounts: all, cell }: Installation): Promise<Check[]> {
  if (all.size === 0)
    return [
      bad(
        "accounts",
        `No account is configured: set ${Object.values(keyVariables).join(", ")}, or write one into reelqueue.config.json.`,
      ),
    ];
  return Promise.all([...all.values()].map((account) => checkAccount(account, cell)));
}

async function checkAccount({ name, baseUrl, provider, reading, limits }: Account, cell: ledger.Cell): Promise<Check> {
  const label = `account ${name}`;
  const status = await ledger.accountStatus(cell, name).catch(() => undefined);
  if (status?.paused !== undefined)
    return bad(label, `It is paused (${status.paused}): remove the cause, then ./reelqueue resume ${name}.`);
  if (status?.stopped === "budget")
    return bad(label, "Its daily budget is spent: it continues tomorrow (UTC), or raise dailyBudgetUsd.");
  const odd = status?.oddStatuses.find(({ sinceMs }) => Date.now() - sinceMs < 7 * 86_400_000);
  if (odd !== undefined)
    return bad(
      label,
      `Its provider says "${odd.status}" about tasks, a status that no document names, since ${new Date(odd.sinceMs).toISOString()}: report it; the tasks are polled on.`,
    );
  const unpriced = Object.keys({ ...reading.pricesPerSecond, ...reading.pricesPerMillionTokens }).length === 0;
  if (unpriced && limits.budgetMicroUsd !== undefined)
    return bad(
      label,
      "It has a daily budget but no prices, so no spending is counted: set pricesPerSecond or pricesPerMillionTokens.",
    );
  const target = `It sends to ${provider.capabilities.title} at ${new URL(baseUrl).host} and has a key`;
  return good(label, unpriced ? `${target}; prices are unknown (none is configured).` : `${target}.`);
}

async function checkCallbacks({ publicUrl, accounts, cell }: Installation): Promise<Check[]> {
  if (publicUrl === undefined) return [good("callbacks", "PUBLIC_URL is not set, so tasks are only polled.")];
  const calling = [...accounts.values()].filter((account) => callsBack(account, publicUrl));
  const statuses = await Promise.all(
    calling.map(async ({ name }) => ({ name, ...(await ledger.callbackStatus(cell, name)) })),
  ).catch(() => []);
  const silent = statuses.filter(({ missed }) => missed >= mostMissedCallbacks);
  if (silent.length === 0) {
    const heardAtMs = Math.max(0, ...statuses.map((status) => status.heardAtMs ?? 0));
    const last = heardAtMs === 0 ? "none has come yet" : `the last came at ${new Date(heardAtMs).toISOString()}`;
    return [good("callbacks", `Providers are asked to call back at ${publicUrl}; ${last}.`)];
  }
  return silent.map(({ name, missed, heardAtMs }) => {
    const since = heardAtMs === undefined ? "and none ever came" : `since ${new Date(heardAtMs).toISOString()}`;
    const what = `${missed} tasks of account ${name} ended without a callback, ${since}: they are polled instead`;
    return bad("callbacks", `${what}. Forward ${publicUrl}/callbacks to this API, or unset PUBLIC_URL.`);
  });
}

/** Running generations, among the newest 1,000, whose last ten polls got no usable answer. */
async function checkPolls({ cell }: Installation): Promise<Check[]> {
  const { ids } = await ledger.list(cell, { state: "running" }, 1_000);
  const found = await ledger.readMany(cell, ids);
  const unheard = found.filter((each) => each !== undefined && (each.record.consecutiveErrors ?? 0) >= 10);
  if (unheard.length === 0) return [];
  const sentence = `${unheard.length} running tasks get no usable answer of their provider`;
  return [bad("polls", `${sentence}: ./reelqueue get ${unheard[0]?.id} shows the last one.`)];
}

/** What waits for an operator. */
async function checkBacklog({ cell }: Installation): Promise<Check[]> {
  const found: Check[] = [];
  const [counts, orphans, orphanCount = 0, deliveries] = await Promise.all([
    ledger.counts(cell),
    ledger.orphans(cell, 5),
    ledger.countOrphans(cell),
    ledger.countDeliveries(cell),
  ]).catch(() => []);
  if (counts && counts.needs_review > 0)
    found.push(
      bad(
        "review",
        `${counts.needs_review} generations wait for a decision whether they were sent: ./reelqueue review.`,
      ),
    );
  if (orphans && orphans.length > 0)
    found.push(
      bad(
        "orphans",
        `${orphanCount} tasks belong to no generation and may have been charged: look for them at the provider (${listOf(orphans, orphanCount)}), then ./reelqueue orphans ack <task>.`,
      ),
    );
  if (deliveries && deliveries.exhausted > 0)
    found.push(
      bad(
        "webhooks",
        `${deliveries.exhausted} webhooks were not accepted: repair the endpoint, then ./reelqueue replay <id>.`,
      ),
    );
  return found;
}

function checkKeys({ config }: Installation): Check[] {
  const count = Object.values(config.tenants).reduce((sum, { apiKeySha256 }) => sum + apiKeySha256.length, 0);
  return [
    count > 0
      ? good("API keys", `${count} in ${Object.keys(config.tenants).length} tenants.`)
      : bad(
          "API keys",
          "There is none, so every program on this machine may use the API: make one with ./reelqueue key.",
        ),
  ];
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function listOf(orphans: readonly ledger.Orphan[], count: number): string {
  const shown = orphans.map(({ account, task }) => `${account} ${task}`);
  return [...shown, ...(count > shown.length ? ["…"] : [])].join(", ");
}

const cacheMs = 1_000;
const timeoutMs = 5_000;

/** Liveness, readiness and metrics; they need no API key. */
export function health(app: FastifyInstance, { ready, metrics }: Installation): void {
  const readiness = cached(() => withTimeout(ready()));
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.get("/healthz", async () => ({ ok: true, reasons: [] }));
  app.get("/readyz", async (_request, reply) => {
    const state = await readiness();
    reply.code(state.ok ? 200 : 503);
    return state;
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

/** Caches the readiness for `cacheMs`: each check costs Redis two commands. */
function cached(check: () => Promise<Readiness>): () => Promise<Readiness> {
  let last: { state: Promise<Readiness>; until: number } | undefined;
  return () => {
    if (!last || performance.now() > last.until) last = { state: check(), until: performance.now() + cacheMs };
    return last.state;
  };
}

async function withTimeout(state: Promise<Readiness>): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(
    () => resolve({ ok: false, reasons: [`Redis did not answer within ${timeoutMs / 1_000} s.`] }),
    timeoutMs,
  );
  return Promise.race([state, late]).finally(() => clearTimeout(timer));
}
