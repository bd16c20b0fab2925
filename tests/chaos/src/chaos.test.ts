import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ChaosOptions, everyFault } from "./options.ts";
import { summarize } from "./report.ts";
import { runChaos } from "./run.ts";

test("sixty generations under every nemesis and every fault of the providers: nothing lost, nothing paid twice, nothing finalized twice", async () => {
  await using scope = new AsyncDisposableStack();
  const outcome = await runChaos(rehearsal(scope, { generations: 60, kills: 10, faults: everyFault }), () => {});
  expect(outcome.findings.filter(({ broken }) => broken.length > 0)).toEqual([]);
  expect(outcome.endings.filter(({ why }) => why === "unexpected")).toEqual([]);
  // a process that was told to crash at a point of its work did
  expect(outcome.endings.filter(({ why }) => why === "crashed")).not.toEqual([]);
  const { kills, generations, strikes } = summarize(outcome);
  expect(generations).toBe(60);
  expect(kills).toBeGreaterThanOrEqual(10);
  expect(Object.keys(strikes).length).toBeGreaterThanOrEqual(20);
}, 400_000);

test.each([
  ["sentinels", ["failover-kill", "kill"]],
  ["cluster", ["owner-kill", "kill"]],
] as const)(
  "another server takes over in the middle of work (%s), and nothing is lost and nothing paid or finalized twice",
  async (redis, nemeses) => {
    await using scope = new AsyncDisposableStack();
    const wish = { redis, nemeses: [...nemeses], generations: 25, kills: 2, faults: { "accept-reset*1": 0.1 } };
    const outcome = await runChaos(rehearsal(scope, wish), () => {});
    expect(outcome.findings.filter(({ broken }) => broken.length > 0)).toEqual([]);
    expect(outcome.endings.filter(({ why }) => why === "unexpected")).toEqual([]);
    const { failovers, generations } = summarize(outcome);
    expect([failovers, generations]).toEqual([1, 25]);
  },
  200_000,
);

test("the same machine finds what is paid twice where a lost answer is blindly sent again", async () => {
  await using scope = new AsyncDisposableStack();
  const faults = { "accept-reset*1": 0.4 };
  const wish = { generations: 20, kills: 0, faults, accounts: ["jiekou"], without: "no-blind-retry" } as const;
  const { findings } = await runChaos(rehearsal(scope, wish), () => {});
  expect(findings.find(({ promise }) => promise === "I2")?.broken.length).toBeGreaterThan(0);
}, 200_000);

function rehearsal(scope: AsyncDisposableStack, wish: Partial<ChaosOptions>): ChaosOptions {
  const report = mkdtempSync(join(tmpdir(), "reelqueue-chaos-report-"));
  scope.defer(() => rmSync(report, { recursive: true, force: true }));
  const plain: Omit<ChaosOptions, "report"> = {
    redis: "alone",
    generations: 20,
    kills: 0,
    seed: 4,
    faults: {},
    minutes: 3,
    apartMs: 0,
    workers: 2,
    prove: false,
    model: false,
    naive: false,
    productionLeases: false,
  };
  return { ...plain, report, ...wish };
}
