import type { LRUCache } from "lru-cache";
import { lastUsed } from "./maps.ts";
import { randomFraction, randomInteger } from "./random.ts";

/**
 * Every fault that the simulator can inject.
 * `times`: how often a fault of a prompt without `*n` occurs per task; `byRate`: the same for a fault chosen by a rate.
 * Absent: always.
 */
export const faults = {
  "submit-429": { stage: "submit", does: "429, nothing charged" },
  "submit-503": { stage: "submit", does: "503 in the vendor's envelope, nothing charged" },
  "submit-500": { stage: "submit", does: "500, nothing charged" },
  "reject-moderation": { stage: "submit", does: "content refused, nothing charged" },
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
  "poll-404": { stage: "poll", does: "answers as for an unknown task: 404 (Xingchao 200, code -1)", byRate: 1 },
  "poll-garbage": { stage: "poll", does: "200 with an HTML page", byRate: 1 },
  "read-500": {
    stage: "poll",
    does: "after its URL was refused (`url-expired`) 500 until `fileOutageMs` after the end",
  },
  "poll-odd-shape": { stage: "poll", does: "200 with other JSON until `fileOutageMs` after the end" },
  "unknown-status": { stage: "poll", does: "an undocumented status", byRate: 2 },
  "status-upper": { stage: "poll", does: "the word of a success in the other case" },
  "status-synonym": { stage: "poll", does: "`Finished` instead of the word of a success" },
  "status-foreign": { stage: "poll", does: "`archived`, an undocumented status, beside the URL of a success" },
  "preview-first": {
    stage: "poll",
    does: "while it runs, `preview`, an undocumented status, beside a URL that answers with an HTML page",
  },
  "status-regress": { stage: "poll", does: "every second read shows an earlier status", byRate: 2 },
  "task-fails": { stage: "outcome", does: "fails with an upstream error, refunded" },
  "task-fails-silent": { stage: "outcome", does: "fails without a reason, refunded" },
  "task-moderation": { stage: "outcome", does: "fails content moderation, refunded" },
  slow: { stage: "outcome", does: "takes five times as long" },
  stuck: { stage: "outcome", does: "never finishes" },
  "url-expired": { stage: "output", does: "the first URL answers 403; a URL from a later read works", times: 1 },
  "file-truncated": { stage: "output", does: "the first download breaks off halfway", times: 1 },
  "file-404": { stage: "output", does: "the video answers 404 until `fileOutageMs` after the end" },
  "file-503": { stage: "output", does: "the video answers 503 until `fileOutageMs` after the end" },
  "file-page": { stage: "output", does: "an HTML page instead of the video until `fileOutageMs` after the end" },
  "file-reset": { stage: "output", does: "the download is reset until `fileOutageMs` after the end" },
  "file-needs-key": { stage: "output", does: "the video answers 401 without the API key of its task" },
  "url-amp": { stage: "output", does: "`&` in the URLs is written as `&amp;`" },
  "last-frame-404": { stage: "output", does: "the last frame answers 404" },
  "last-frame-page": { stage: "output", does: "an HTML page instead of the last frame" },
  "unasked-frame": { stage: "output", does: "lists a last frame that was not asked for, which is an HTML page" },
  "second-video-404": { stage: "output", does: "lists a second video, which answers 404 (HiAPI, JieKou)" },
  "success-no-url": { stage: "output", does: "the first two successful reads carry no URL", times: 2 },
  "success-no-url-ever": {
    stage: "output",
    does: "successful reads carry no URL until `fileOutageMs` after the end",
  },
  "success-relative-url": { stage: "output", does: "URLs without scheme and host" },
  "asset-fails": { stage: "asset", does: "in an asset's name or URL: the asset fails when its review ends" },
  "asset-stuck": { stage: "asset", does: "in an asset's name or URL: the review never ends" },
  "callback-none": { stage: "callback", does: "no callback" },
  "callback-twice": { stage: "callback", does: "the callback is sent twice at the same time" },
  "callback-early": { stage: "callback", does: "ends immediately; the callback is sent before the create is answered" },
  "callback-forged-signature": {
    stage: "callback",
    does: "while it runs, a false success with a wrong signature or none is sent too",
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
/** How often each planned fault can still occur. */
export type FaultPlan = Map<FaultName, { left: number }>;

export const faultNames = Object.keys(faults) as [FaultName, ...FaultName[]];

/** The parsed `[[marker:…]]` and `[[fault:…]]` directives of a prompt. */
export interface Directives {
  marker?: string;
  faults: { name: FaultName; times?: number }[];
  /** Values that are not a fault name with an optional `*n`. */
  unknown: string[];
}

const noDirectives: Directives = { faults: [], unknown: [] };

export function parseDirectives(prompt: string): Directives {
  if (!prompt.includes("[[")) return noDirectives;
  const directives: Directives = { faults: [], unknown: [] };
  for (const [, kind, value = ""] of prompt.matchAll(/\[\[(marker|fault):([^\]]{1,200})\]\]/g)) {
    if (kind === "marker") {
      // A copy, because a slice would keep the whole prompt in memory.
      directives.marker ??= Buffer.from(value).toString();
      continue;
    }
    const [name = "", times] = value.split("*");
    if (!isFaultName(name) || (times !== undefined && !/^\d{1,9}$/.test(times))) directives.unknown.push(value);
    else directives.faults.push(times === undefined ? { name } : { name, times: Number(times) });
  }
  return directives;
}

/** Plans the faults of each submission from its directives and from the rates. */
export class Faults {
  rates: Rates;
  readonly #seed: number;
  /** How often each prompt was submitted. */
  readonly #submissions: LRUCache<string, number>;
  /** One counter per prompt, so that `*2` counts over all submissions of the prompt. */
  readonly #counted = lastUsed<{ left: number }, number>(100_000, {
    memoMethod: (_name, _stale, { context: times }) => ({ left: times }),
  });

  constructor(rates: Rates, seed: number, keepPrompts: number) {
    this.rates = rates;
    this.#seed = seed;
    this.#submissions = lastUsed(keepPrompts);
  }

  /**
   * Counts one submission of a prompt. `chance` depends only on the seed, the prompt and its earlier submissions,
   * so that the plan does not depend on the order of requests.
   */
  plan(prompt: string, directives = parseDirectives(prompt)): { chance: number; plan: FaultPlan | undefined } {
    const promptName = `${randomInteger(1, prompt)}-${randomInteger(2, prompt)}`;
    const before = this.#submissions.get(promptName) ?? 0;
    this.#submissions.set(promptName, before + 1);
    const chance = randomInteger(this.#seed, promptName, before);
    const plan: FaultPlan = new Map();
    for (const { name, times } of directives.faults) plan.set(name, this.#counter(name, times, promptName));
    for (const name of faultNames) {
      const rate = this.rates[name];
      if (!rate || plan.has(name) || randomFraction(chance, name) >= rate) continue;
      plan.set(name, { left: timesOf(name, "byRate") });
    }
    return { chance, plan: plan.size > 0 ? plan : undefined };
  }

  #counter(name: FaultName, times: number | undefined, promptName: string): { left: number } {
    if (times === undefined) return { left: timesOf(name, "times") };
    return this.#counted.memo(`${name}*${times} ${promptName}`, { context: times });
  }
}

/** Consumes one planned occurrence; false if none is left. */
export function fires(plan: FaultPlan | undefined, name: FaultName): boolean {
  const counter = plan?.get(name);
  if (!counter || counter.left <= 0) return false;
  counter.left -= 1;
  return true;
}

/** Whether a fault can still occur; consumes nothing. */
export function planned(plan: FaultPlan | undefined, name: FaultName): boolean {
  return (plan?.get(name)?.left ?? 0) > 0;
}

function timesOf(name: FaultName, by: "times" | "byRate"): number {
  const rule: FaultRule = faults[name];
  return rule[by] ?? rule.times ?? Number.POSITIVE_INFINITY;
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}
