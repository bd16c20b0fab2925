import { setTimeout as wait } from "node:timers/promises";
import type { NetworkFaults } from "@reelqueue/testing";
import type { Options, Report, Target } from "../rig/report.ts";
import { type Rates, ratesOf } from "./rates.ts";
import { type Account, openScene, type Scene } from "./scene.ts";

const page = "<h1>503 Service Temporarily Unavailable</h1>";
const head = `HTTP/1.1 503 Service Temporarily Unavailable\r\ncontent-type: text/html\r\ncontent-length: ${page.length}`;
/** The answer of a load balancer without a healthy target. */
const unavailable = `${head}\r\n\r\n${page}`;

const faults: Readonly<Record<string, NetworkFaults>> = {
  "connections refused": { refuses: true },
  "503 to everything": { answers: unavailable },
  "taken, never answered": { dropsRequests: true },
};

interface Plan {
  account: Account;
  /** `back`: measured time after the return; `normalAgain`: the longest wait for the normal rate after it. */
  seconds: { warmUp: number; normal: number; away: number; back: number; normalAgain: number };
}

/** The rate is normal again at this share of the normal rate over this time. */
const normalAgain = { share: 0.8, overMs: 20_000 } as const;

const plans: Record<"full" | "quick", Plan> = {
  full: {
    account: { inFlight: 100, perMinute: 600, medianMs: 60_000, backlog: 3_000 },
    seconds: { warmUp: 40, normal: 45, away: 60, back: 60, normalAgain: 100 },
  },
  quick: {
    account: { inFlight: 30, perMinute: 600, medianMs: 15_000, backlog: 600 },
    seconds: { warmUp: 10, normal: 10, away: 12, back: 18, normalAgain: 18 },
  },
};

/** Requests that reach a provider that is unavailable, and one that has just returned, beside normal operation. */
export async function away({ quick }: Options): Promise<Report> {
  const plan = plans[quick ? "quick" : "full"];
  await using scope = new AsyncDisposableStack();
  const scene = await openScene(scope, plan.account);
  await wait(1_000 * plan.seconds.warmUp);
  const stretches: Stretches = { normal: await measured(scene, plan.seconds.normal) };
  for (const [name, fault] of Object.entries(faults)) {
    process.stderr.write(`${name}\n`);
    scene.proxy.setFaults(fault);
    stretches[name] = await measured(scene, plan.seconds.away);
    scene.proxy.setFaults({});
    stretches[backFrom(name)] = await back(scene, stretches.normal.perSecond, plan);
  }
  const { succeeded, unknown, needs_review, failed, queued } = await scene.counts();
  const afterwards = { succeeded, unknown, needs_review, failed, queued, "answers 429": await scene.tooFast() };
  return reportOf(plan, stretches, afterwards);
}

/** `normalAfterS`: seconds until the rate was normal again; NaN: not within the time allowed. */
type Stretch = Rates & { normalAfterS?: number };
type Stretches = { normal: Stretch } & Record<string, Stretch>;
const backFrom = (name: string): string => `back from ${name}`;

/** Rates of the requests from now on, for `seconds`. */
async function measured(scene: Scene, seconds: number): Promise<Rates> {
  const fromMs = Date.now();
  await wait(1_000 * seconds);
  return ratesOf(scene.requests(), fromMs, fromMs + 1_000 * seconds);
}

/** Rates after the return, and when the rate is normal again. */
async function back(scene: Scene, normal: number, { seconds }: Plan): Promise<Stretch> {
  const fromMs = Date.now();
  const first = await measured(scene, seconds.back);
  const normalAfterS = await untilNormal(scene, normal, fromMs, fromMs + 1_000 * seconds.normalAgain);
  return { ...first, normalAfterS };
}

async function untilNormal(scene: Scene, normal: number, fromMs: number, deadlineMs: number): Promise<number> {
  const { share, overMs } = normalAgain;
  for (;;) {
    const [now, times] = [Date.now(), scene.requests()];
    for (let until = fromMs + overMs; until <= now; until += 1_000) {
      if (ratesOf(times, until - overMs, until).perSecond >= share * normal) return (until - fromMs) / 1_000;
    }
    if (now > deadlineMs) return Number.NaN;
    await wait(1_000);
  }
}

function reportOf({ account, seconds }: Plan, stretches: Stretches, afterwards: Record<string, number>): Report {
  const { inFlight, perMinute } = account;
  const normal = stretches.normal.perSecond;
  return {
    bench: "away",
    title:
      `${inFlight} tasks in flight, ${perMinute} requests a minute allowed, rows waiting; requests and attempts to connect that reached the ` +
      `provider's address: ${seconds.normal} s of normal operation, ${seconds.away} s away in each fault, and ${seconds.back} s after each`,
    heads: [
      "",
      "requests",
      "a minute",
      "a minute, second half",
      "over normal",
      "peak second",
      "peak minute",
      "normal after, s",
    ],
    rows: Object.entries(stretches).map(([name, rates]) => [
      ...[name, rates.requests, 60 * rates.perSecond, 60 * rates.laterPerSecond, rates.perSecond / normal],
      ...[rates.peakSecond, rates.peakMinute, rates.normalAfterS ?? ""],
    ]),
    figures: { stretches, afterwards },
    targets: Object.keys(faults).flatMap((name) => targetsOf(name, stretches, perMinute)),
  };
}

function targetsOf(name: string, stretches: Stretches, perMinute: number): Target[] {
  const [away, after] = [stretches[name]?.perSecond ?? Number.NaN, stretches[backFrom(name)]];
  const overNormal = away / stretches.normal.perSecond;
  const minute = (after?.peakMinute ?? Number.NaN) / perMinute;
  const second = (60 * (after?.peakSecond ?? Number.NaN)) / perMinute;
  return [
    { name: `requests while ${name}, over normal`, wanted: "≤ 1.1", measured: overNormal },
    { name: `peak minute after ${name}, over the limit`, wanted: "≤ 1.5", measured: minute },
    { name: `peak second after ${name}, over a 60th of the limit`, wanted: "≤ 1.5", measured: second },
  ];
}
