import type { Check } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account, Installation } from "@reelqueue/pipeline";

/** Looks at everything that can keep videos from being made, kept or announced; each finding is one sentence to act on. */
export async function checksOf(installation: Installation): Promise<Check[]> {
  const groups = await Promise.all([
    redis(installation),
    clock(installation),
    disk(installation),
    accounts(installation),
    waitsForYou(installation),
  ]);
  return [...groups.flat(), ...keys(installation)];
}

const good = (name: string, sentence: string): Check => ({ name, ok: true, sentence });
const bad = (name: string, sentence: string): Check => ({ name, ok: false, sentence });

async function redis({ cell, config }: Installation): Promise<Check[]> {
  try {
    const safety = await ledger.checkSafety(cell, { assertDurable: config.assertDurable });
    const trouble = [...safety.unsafe, ...safety.warnings].map((sentence) => bad("durability", sentence));
    const safe = good("durability", "Redis keeps everything that it acknowledges.");
    return [
      good("redis", `Redis ${safety.version} answers; it uses ${megabytes(safety.usedMemory)}.`),
      ...(trouble.length > 0 ? trouble : [safe]),
    ];
  } catch (error) {
    return [bad("redis", `${error instanceof Error ? error.message : error}: start it, or correct REDIS_URL.`)];
  }
}

const skewWarnMs = 2_000;

async function clock({ cell }: Installation): Promise<Check[]> {
  const skewMs = await ledger.clockSkewMs(cell).catch(() => undefined);
  if (skewMs === undefined) return [];
  const apart = `The clocks of this machine and of Redis are ${Math.round(skewMs)} ms apart`;
  return [Math.abs(skewMs) > skewWarnMs ? bad("clock", `${apart}: run NTP on both.`) : good("clock", `${apart}.`)];
}

async function disk({ outputs, config }: Installation): Promise<Check[]> {
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

async function accounts({ accounts: all, cell }: Installation): Promise<Check[]> {
  if (all.size === 0)
    return [
      bad(
        "accounts",
        "No account is configured: set HIAPI_API_KEY or JIEKOU_API_KEY, or write one into reelqueue.config.json.",
      ),
    ];
  return Promise.all([...all.values()].map((account) => one(account, cell)));
}

async function one({ name, baseUrl, provider, reading, limits }: Account, cell: ledger.Cell): Promise<Check> {
  const label = `account ${name}`;
  const status = await ledger.accountStatus(cell, name).catch(() => undefined);
  if (status?.paused !== undefined)
    return bad(label, `It is paused (${status.paused}): put that right, then ./reelqueue resume ${name}.`);
  if (status?.stopped === "budget")
    return bad(label, "Its budget of the day is spent: it goes on tomorrow (UTC), or raise dailyBudgetUsd.");
  const unpriced = Object.keys(reading.pricesPerSecond).length === 0;
  if (unpriced && limits.budgetMicroUsd !== undefined)
    return bad(label, "It has a daily budget but no prices, so nothing is counted: set pricesPerSecond.");
  const talks = `It talks to ${provider.capabilities.title} at ${new URL(baseUrl).host}, its key is there`;
  return good(label, unpriced ? `${talks}; prices are not known (pricesPerSecond is empty).` : `${talks}.`);
}

async function waitsForYou({ cell, publicUrl }: Installation): Promise<Check[]> {
  const found: Check[] = [
    good(
      "callbacks",
      publicUrl === undefined
        ? "PUBLIC_URL is not set, so tasks are only polled."
        : `Providers call back at ${publicUrl}.`,
    ),
  ];
  const [counts, orphans, deliveries] = await Promise.all([
    ledger.counts(cell),
    ledger.orphans(cell),
    ledger.countDeliveries(cell),
  ]).catch(() => []);
  if (counts && counts.needs_review > 0)
    found.push(
      bad(
        "review",
        `${counts.needs_review} generations wait for you to say whether they were sent: ./reelqueue review.`,
      ),
    );
  if (orphans && orphans.length > 0)
    found.push(
      bad(
        "orphans",
        `${orphans.length} tasks belong to no generation and may have been charged: look for them at the provider (${named(orphans)}).`,
      ),
    );
  if (deliveries && deliveries.exhausted > 0)
    found.push(
      bad(
        "webhooks",
        `${deliveries.exhausted} webhooks were never taken: mend the endpoint, then ./reelqueue replay <id>.`,
      ),
    );
  return found;
}

function keys({ config }: Installation): Check[] {
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

function named(orphans: readonly Record<string, string>[]): string {
  const shown = orphans.slice(0, 5).map(({ account, task }) => `${account} ${task}`);
  return [...shown, ...(orphans.length > shown.length ? ["…"] : [])].join(", ");
}
