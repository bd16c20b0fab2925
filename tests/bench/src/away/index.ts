import { setTimeout as wait } from "node:timers/promises";
import type { Options } from "../rig/options.ts";
import type { Report, Target } from "../rig/report.ts";
import type { Manner } from "../rig/road.ts";
import { type Rates, ratesOf } from "./rates.ts";
import { type Account, openScene, type Scene } from "./scene.ts";

const manners = {
  refuses: "connections refused",
  unavailable: "503 to everything",
  hangs: "taken, never answered",
} as const;
type Away = Exclude<Manner, "fair">;

interface Plan {
  account: Account;
  /** `back`: how long the return is measured; `normal`, at the latest so long after it, is waited for before it goes away again. */
  seconds: { warmUp: number; normal: number; away: number; back: number; normalAgain: number };
}

/** It counts as normal again when it is asked this share of what is normal, over as many seconds. */
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

/** How many requests reach the address of a provider that is away, and of one that has just come back, beside normal operation. */
export async function away({ quick }: Options): Promise<Report> {
  const plan = plans[quick ? "quick" : "full"];
  await using scope = new AsyncDisposableStack();
  const scene = await openScene(scope, plan.account);
  await wait(1_000 * plan.seconds.warmUp);
  const stretches: Stretches = { normal: await measured(scene, plan.seconds.normal) };
  for (const manner of Object.keys(manners) as Away[]) {
    process.stderr.write(`${manners[manner]}\n`);
    await scene.road.become(manner);
    stretches[manners[manner]] = await measured(scene, plan.seconds.away);
    await scene.road.become("fair");
    stretches[backFrom(manners[manner])] = await back(scene, stretches.normal.perSecond, plan);
  }
  const { succeeded, unknown, needs_review, failed, queued } = await scene.counts();
  const afterwards = { succeeded, unknown, needs_review, failed, queued, "answers 429": await scene.tooFast() };
  return reportOf(plan, stretches, afterwards);
}

/** A return also says after how many seconds it was asked nearly as much as ever; NaN: not within the time given. */
type Stretch = Rates & { normalAfterS?: number };
type Stretches = { normal: Stretch } & Record<string, Stretch>;
const backFrom = (name: string): string => `back from ${name}`;

/** What is asked of the address from now on, for so long. */
async function measured(scene: Scene, seconds: number): Promise<Rates> {
  const fromMs = Date.now();
  await wait(1_000 * seconds);
  return ratesOf(scene.requests(), fromMs, fromMs + 1_000 * seconds);
}

/** The first time after the return; then it may get back to normal. */
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
      `provider's address: ${seconds.normal} s of normal operation, ${seconds.away} s away in each manner, and ${seconds.back} s after each`,
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
    targets: Object.values(manners).flatMap((name) => targetsOf(name, stretches, perMinute)),
  };
}

function targetsOf(name: string, stretches: Stretches, perMinute: number): Target[] {
  const [gone, after] = [stretches[name], stretches[backFrom(name)]];
  return [
    {
      name: `requests while ${name}, over normal`,
      wanted: "≤ 1.1",
      measured: (gone?.perSecond ?? Number.NaN) / stretches.normal.perSecond,
    },
    {
      name: `peak minute after ${name}, over the limit`,
      wanted: "≤ 1.5",
      measured: (after?.peakMinute ?? Number.NaN) / perMinute,
    },
    {
      name: `peak second after ${name}, over a 60th of the limit`,
      wanted: "≤ 1.5",
      measured: (60 * (after?.peakSecond ?? Number.NaN)) / perMinute,
    },
  ];
}
