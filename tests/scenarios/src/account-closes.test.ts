import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { type SimulatorOptions, startSimulator } from "@reelqueue/simulator";
import { eventually, simulatorAt } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { startAnswerProxy } from "./answer-proxy.ts";
import { allInOne, contradictions, startTestSystem, type TestSystem } from "./system.ts";

/** Every answer of the provider is on its way for this long: most of what is granted has not begun when it closes. */
const answerMs = 1_500;

interface Close {
  simulator?: SimulatorOptions;
  key?: string;
  /** Closes the account by hand. */
  byHand?: (system: TestSystem) => Promise<void>;
}

const pause = ({ installation }: TestSystem) => ledger.pause(installation.cell, "hiapi", "by hand");
const closes: [string, Close][] = [
  ["an acknowledged pause", { byHand: pause }],
  // it asks to wait for 5 s of its own clock: 5 min
  ["a 429 with Retry-After: 300", { simulator: { rates: { "submit-429": 1 }, clockFactor: 1 / 60 } }],
  ["a 401", { key: "bad-key" }],
];

test.each(closes)(
  "200 waiting generations, %s: no POST starts more than 1 s later, no slot and no money stays taken",
  async (_, { simulator: options = {}, key, byHand }) => {
    await using simulator = await startSimulator({ limits: "off", outputs: "tiny", ...options });
    await using proxy = await startAnswerProxy(simulator.url, { answer: (_asked, real) => wait(answerMs, real) });
    const posts = async () =>
      (await simulatorAt(simulator.url).requests()).filter(({ method }) => method === "POST").map(({ at }) => at);
    await using system = await startTestSystem({
      apps: [],
      accounts: {
        hiapi: { baseUrl: `${proxy.url}/hiapi`, limits: { inFlight: 1_000, requestsPerMinute: 60_000 } },
      },
    });
    await system.enqueue(
      Array.from({ length: 200 }, (_, i) => ({
        account: "hiapi",
        prompt: `a snail on leaf ${i}`,
        resolution: "480p" as const,
        seconds: 4,
      })),
    );
    const status = () => ledger.accountStatus(system.installation.cell, "hiapi");
    await system.start(allInOne, { LEASES: "patient", ...(key !== undefined && { REELQUEUE_SIMULATOR_KEY: key }) });
    if (byHand) {
      await eventually(async () => (await posts()).length >= 50, { describe: "50 POSTs have arrived", everyMs: 10 });
      await byHand(system);
    }
    await eventually(async () => isClosed(await status()), { describe: "the account is closed", everyMs: 10 });
    const closedAt = Date.now();
    const { lanes, inFlight } = await eventually(
      async () => {
        const now = await status();
        return now.lanes.granted + now.lanes.submitting === 0 && now;
      },
      { describe: "nothing is granted or being sent" },
    );
    const times = await posts();
    expect(times.filter((at) => at > closedAt + 1_000)).toEqual([]);
    expect(times.length).toBeLessThan(200);
    expect(inFlight).toBe(lanes.poll);
    expect(isClosed(await status()), "still closed").toBe(true);
    expect(await contradictions(system)).toEqual([]);
  },
  120_000,
);

const isClosed = ({ paused, untilMs = 0 }: ledger.AccountStatus) => paused !== undefined || untilMs > Date.now();
