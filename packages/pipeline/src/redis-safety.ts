import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Logger, Metrics } from "@reelqueue/runtime";

export interface SafetyWatch extends Disposable {
  /** Why no money may be spent now; `undefined`: it may. */
  submitRefusal(): string | undefined;
  /** Why nothing new may be taken in; `undefined`: it may. */
  acceptRefusal(): string | undefined;
  ready(): Promise<{ ok: boolean; reasons: string[] }>;
}

const everyMs = 10_000;
/** What is unsafe may pass by itself, such as a replica that is not yet in step. */
const againMs = 1_000;
/** Shares of Redis' memory: what is under way must always find room to be finished. */
const memoryGates = { accept: 0.8, submit: 0.9 } as const;
const skewMs = { warn: 2_000, refuse: 30_000 } as const;

interface Seen {
  unsafe: string[];
  memoryShare: number;
  skewMs: number;
}

/** Looks at how Redis is set up, how full it is and what time it has, now and every ten seconds, every second while it is unsafe. Under `durability: "strict"` an unsafe one stops submits, visibly. */
export async function watchSafety(
  cell: ledger.Cell,
  config: Config,
  log: Logger,
  metrics: Metrics,
): Promise<SafetyWatch> {
  const gauges = {
    skew: metrics.gauge("clock_skew_seconds", "How far the clock of Redis is ahead of this machine's"),
    memory: metrics.gauge("redis_memory_share", "Memory that Redis uses, as a share of its limit; 0 without one"),
  };
  const strict = config.durability === "strict";
  let seen: Seen = { unsafe: [], memoryShare: 0, skewMs: 0 };
  const look = async (): Promise<void> => {
    const before = sentencesOf(seen, strict);
    seen = await lookAt(cell, config);
    gauges.skew.set(seen.skewMs / 1_000);
    gauges.memory.set(seen.memoryShare);
    for (const sentence of sentencesOf(seen, strict).filter((each) => !before.includes(each))) {
      log[strict ? "error" : "warn"]({ event: "redis.unsafe" }, sentence);
    }
  };
  await look();
  const looking = keepLooking(look, () => (seen.unsafe.length === 0 ? everyMs : againMs));
  const submitRefusal = () =>
    (strict ? seen.unsafe[0] : undefined) ?? fullFor("submit", seen) ?? skewed(seen, "refuse");
  return {
    submitRefusal,
    acceptRefusal: () => fullFor("accept", seen),
    ready: async () => {
      try {
        await look();
        const reasons = [...(strict ? seen.unsafe : []), fullFor("submit", seen), skewed(seen, "refuse")];
        return { ok: submitRefusal() === undefined, reasons: reasons.filter((reason) => reason !== undefined) };
      } catch (error) {
        return { ok: false, reasons: [error instanceof Error ? error.message : String(error)] };
      }
    },
    [Symbol.dispose]: () => looking.abort(),
  };
}

function keepLooking(look: () => Promise<void>, pauseMs: () => number): AbortController {
  const ended = new AbortController();
  const turn = async () => {
    for (;;) {
      await wait(pauseMs(), undefined, { ref: false, signal: ended.signal });
      await look().catch(() => {});
    }
  };
  turn().catch(() => {});
  return ended;
}

async function lookAt(cell: ledger.Cell, { assertDurable }: Config): Promise<Seen> {
  const { unsafe, usedMemory, maxMemory } = await ledger.checkSafety(cell, { assertDurable });
  return { unsafe, memoryShare: maxMemory === 0 ? 0 : usedMemory / maxMemory, skewMs: await ledger.clockSkewMs(cell) };
}

/** Everything that stands in the way of work, or soon will. */
function sentencesOf(seen: Seen, strict: boolean): string[] {
  return [
    ...seen.unsafe.map((sentence) => (strict ? `submits are refused: ${sentence}` : sentence)),
    fullFor("submit", seen) ?? fullFor("accept", seen),
    skewed(seen, "warn"),
  ].filter((sentence) => sentence !== undefined);
}

function fullFor(what: keyof typeof memoryGates, { memoryShare }: Seen): string | undefined {
  const most = memoryGates[what];
  if (memoryShare < most) return undefined;
  const effect = what === "submit" ? "nothing new is sent" : "no new generation is taken";
  return `Redis uses more than ${100 * most} % of its maxmemory, so ${effect}: give it more, or shorten retentionDays.`;
}

function skewed(seen: Seen, limit: keyof typeof skewMs): string | undefined {
  return Math.abs(seen.skewMs) < skewMs[limit]
    ? undefined
    : "The clocks of this machine and of Redis are seconds apart: run NTP on both.";
}
