import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Logger, Metrics } from "@reelqueue/runtime";

export interface SafetyWatch extends Disposable {
  /** Why nothing may be submitted now; `undefined`: submits are allowed. */
  submitRefusal(): string | undefined;
  /** Why nothing may be accepted now; `undefined`: accepting is allowed. */
  acceptRefusal(): string | undefined;
  ready(): Promise<{ ok: boolean; reasons: string[] }>;
}

const everyMs = 10_000;
/** Sooner while Redis is unsafe: the cause may pass by itself, such as a replica that is still synchronizing. */
const againMs = 1_000;
/** Shares of Redis' memory above which nothing is accepted or submitted: work in progress always has room to finish. */
const memoryGates = { accept: 0.8, submit: 0.9 } as const;
const skewMs = { warn: 2_000, refuse: 30_000 } as const;

interface SafetyState {
  unsafe: string[];
  memoryShare: number;
  skewMs: number;
}

/**
 * Checks the durability settings, memory and clock of Redis, now and every 10 s, every 1 s while it is unsafe. With
 * `durability: "strict"` an unsafe Redis stops submits.
 */
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
  let state: SafetyState = { unsafe: [], memoryShare: 0, skewMs: 0 };
  const check = async (): Promise<void> => {
    const before = reasonsOf(state, strict);
    state = await readState(cell, config);
    gauges.skew.set(state.skewMs / 1_000);
    gauges.memory.set(state.memoryShare);
    for (const sentence of reasonsOf(state, strict).filter((each) => !before.includes(each))) {
      log[strict ? "error" : "warn"]({ event: "redis.unsafe" }, sentence);
    }
  };
  await check();
  const checking = keepChecking(check, () => (state.unsafe.length === 0 ? everyMs : againMs));
  const submitRefusal = () =>
    (strict ? state.unsafe[0] : undefined) ?? fullFor("submit", state) ?? skewed(state, "refuse");
  return {
    submitRefusal,
    acceptRefusal: () => fullFor("accept", state),
    ready: async () => {
      try {
        await check();
        const reasons = [...(strict ? state.unsafe : []), fullFor("submit", state), skewed(state, "refuse")];
        return { ok: submitRefusal() === undefined, reasons: reasons.filter((reason) => reason !== undefined) };
      } catch (error) {
        return { ok: false, reasons: [error instanceof Error ? error.message : String(error)] };
      }
    },
    [Symbol.dispose]: () => checking.abort(),
  };
}

function keepChecking(check: () => Promise<void>, pauseMs: () => number): AbortController {
  const ended = new AbortController();
  const repeat = async () => {
    for (;;) {
      await wait(pauseMs(), undefined, { ref: false, signal: ended.signal });
      await check().catch(() => {});
    }
  };
  repeat().catch(() => {});
  return ended;
}

async function readState(cell: ledger.Cell, { assertDurable }: Config): Promise<SafetyState> {
  const { unsafe, usedMemory, maxMemory } = await ledger.checkSafety(cell, { assertDurable });
  return { unsafe, memoryShare: maxMemory === 0 ? 0 : usedMemory / maxMemory, skewMs: await ledger.clockSkewMs(cell) };
}

/** Every reason that stops work or soon will. */
function reasonsOf(state: SafetyState, strict: boolean): string[] {
  return [
    ...state.unsafe.map((sentence) => (strict ? `submits are refused: ${sentence}` : sentence)),
    fullFor("submit", state) ?? fullFor("accept", state),
    skewed(state, "warn"),
  ].filter((sentence) => sentence !== undefined);
}

function fullFor(what: keyof typeof memoryGates, { memoryShare }: SafetyState): string | undefined {
  const most = memoryGates[what];
  if (memoryShare < most) return undefined;
  const effect = what === "submit" ? "nothing new is submitted" : "no new generation is accepted";
  return `Redis uses over ${100 * most} % of its maxmemory, so ${effect}: raise maxmemory, or shorten retentionDays.`;
}

function skewed(state: SafetyState, limit: keyof typeof skewMs): string | undefined {
  return Math.abs(state.skewMs) < skewMs[limit]
    ? undefined
    : "The clocks of this machine and of Redis are seconds apart: run NTP on both.";
}
