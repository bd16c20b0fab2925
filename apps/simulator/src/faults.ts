import { draw } from "./random.ts";
import { Recent } from "./recent.ts";

/**
 * Everything the simulator can be told to do wrong.
 * `times`: how often it happens to one task when nothing else is said; `byRate`: the same when a rate chose it.
 */
export const faults = {
  "submit-429": { stage: "submit", does: "429, nothing charged" },
  "submit-503": { stage: "submit", does: "503 in the vendor's envelope, nothing charged" },
  "submit-500": { stage: "submit", does: "500, nothing charged" },
  "reject-moderation": { stage: "submit", does: "refused for its content, nothing charged" },
  "accept-reset": { stage: "accept", does: "charged, then the connection is reset" },
  "accept-hang": { stage: "accept", does: "charged, never answered" },
  "accept-500": { stage: "accept", does: "charged, answered with 500" },
  "accept-broken-json": { stage: "accept", does: "charged, answered 200 with half a body" },
  "accept-empty": { stage: "accept", does: "charged, answered 200 without a body" },
  "accept-slow": { stage: "accept", does: "charged, answered properly after 5 provider-seconds" },
  "accept-late": { stage: "accept", does: "connection reset; charged only `acceptLateMs` later" },
  "poll-429": { stage: "poll", does: "429", byRate: 1 },
  "poll-500": { stage: "poll", does: "500", byRate: 1 },
  "poll-reset": { stage: "poll", does: "the connection is reset", byRate: 1 },
  "poll-404": { stage: "poll", does: "as for a task that never was: 404 (Xingchao 200, code -1)", byRate: 1 },
  "poll-garbage": { stage: "poll", does: "200 with a page of HTML", byRate: 1 },
  "unknown-status": { stage: "poll", does: "a status word that no document names", byRate: 2 },
  "status-regress": { stage: "poll", does: "every second read shows an earlier status", byRate: 2 },
  "task-fails": { stage: "outcome", does: "fails by the upstream's fault, refunded" },
  "task-fails-silent": { stage: "outcome", does: "fails without a reason, refunded" },
  "task-moderation": { stage: "outcome", does: "fails for its content, refunded" },
  slow: { stage: "outcome", does: "takes five times as long" },
  stuck: { stage: "outcome", does: "never ends by itself" },
  "url-expired": { stage: "output", does: "the first URL answers 403, one read after that works", times: 1 },
  "file-truncated": { stage: "output", does: "the first download is cut in the middle", times: 1 },
  "success-no-url": { stage: "output", does: "the first two successful reads carry no URL", times: 2 },
  "asset-fails": { stage: "asset", does: "in the name of an asset: it fails when its review ends" },
  "asset-stuck": { stage: "asset", does: "in the name of an asset: its review never ends" },
  "callback-none": { stage: "callback", does: "no callback" },
  "callback-twice": { stage: "callback", does: "the callback comes twice at once" },
  "callback-early": { stage: "callback", does: "done at once; the callback comes before the create answer" },
  "callback-forged-signature": {
    stage: "callback",
    does: "besides, a lie under a wrong signature or none while it runs",
  },
} as const satisfies Record<string, FaultRule>;

interface FaultRule {
  stage: "submit" | "accept" | "poll" | "outcome" | "output" | "asset" | "callback";
  does: string;
  times?: number;
  byRate?: number;
}

export type FaultName = keyof typeof faults;
export type Rates = { [name in FaultName]?: number | undefined };
/** How often each fault may still happen; most tasks have no plan at all. */
export type Plan = Map<FaultName, { left: number }>;

export const faultNames = Object.keys(faults) as [FaultName, ...FaultName[]];

/** What the `[[marker:…]]` and `[[fault:…]]` words of a prompt ask for. */
export interface Wishes {
  marker?: string;
  faults: { name: FaultName; times?: number }[];
  /** Fault names that the simulator does not know. */
  unknown: string[];
}

const noWishes: Wishes = { faults: [], unknown: [] };

export function readWishes(prompt: string): Wishes {
  if (!prompt.includes("[[")) return noWishes;
  const wishes: Wishes = { faults: [], unknown: [] };
  for (const [, kind, value = ""] of prompt.matchAll(/\[\[(marker|fault):([^\]]{1,200})\]\]/g)) {
    if (kind === "marker") {
      // A copy: a slice would keep the whole prompt in memory for as long as the task.
      wishes.marker ??= Buffer.from(value).toString();
      continue;
    }
    const [name = "", times] = value.split("*");
    if (!isFaultName(name) || (times !== undefined && !/^\d{1,9}$/.test(times))) wishes.unknown.push(value);
    else wishes.faults.push(times === undefined ? { name } : { name, times: Number(times) });
  }
  return wishes;
}

/** Decides what goes wrong with each submission: what its prompt asks for, and what the rates draw. */
export class Faults {
  rates: Rates;
  readonly #startRates: Rates;
  /** Shared by all submissions of one prompt, so that `*2` means twice and not twice each. */
  readonly #counted = new Recent<{ left: number }>(100_000);

  constructor(rates: Rates) {
    this.#startRates = rates;
    this.rates = rates;
  }

  /** `luck` is the submission's own seed, so that a run can be repeated whatever the order of requests. */
  plan(wishes: Wishes, { promptName, luck }: { promptName: string; luck: number }): Plan | undefined {
    const plan: Plan = new Map();
    for (const { name, times } of wishes.faults) plan.set(name, this.#counter(name, times, promptName));
    for (const name of faultNames) {
      const rate = this.rates[name];
      if (!rate || plan.has(name) || draw(luck, name) >= rate) continue;
      plan.set(name, { left: timesOf(name, "byRate") });
    }
    return plan.size > 0 ? plan : undefined;
  }

  reset(): void {
    this.rates = this.#startRates;
    this.#counted.clear();
  }

  #counter(name: FaultName, times: number | undefined, promptName: string): { left: number } {
    if (times === undefined) return { left: timesOf(name, "times") };
    const key = `${name}*${times} ${promptName}`;
    const known = this.#counted.get(key);
    if (known) return known;
    const counter = { left: times };
    this.#counted.set(key, counter);
    return counter;
  }
}

/** Uses up one of the planned times; false when the fault is not planned or used up. */
export function fires(plan: Plan | undefined, name: FaultName): boolean {
  const counter = plan?.get(name);
  if (!counter || counter.left <= 0) return false;
  counter.left -= 1;
  return true;
}

/** The first of these faults that still happens; only that one is used up. */
export function firstOf<Name extends FaultName>(plan: Plan | undefined, names: readonly Name[]): Name | undefined {
  return plan === undefined ? undefined : names.find((name) => fires(plan, name));
}

function timesOf(name: FaultName, by: "times" | "byRate"): number {
  const rule: FaultRule = faults[name];
  return rule[by] ?? rule.times ?? Number.POSITIVE_INFINITY;
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}
