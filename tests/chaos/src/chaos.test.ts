import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ChaosOptions, everyFault } from "./options.ts";
import { summarize } from "./report.ts";
import { runChaos } from "./run.ts";

test("chaos: every nemesis and provider fault, 60 generations: none lost, paid twice or finalized twice", async () => {
  await using scope = new AsyncDisposableStack();
  const outcome = await runChaos(chaosOptions(scope, { generations: 60, kills: 10, faults: everyFault }), () => {});
  expect(outcome.findings.filter(({ broken }) => broken.length > 0)).toEqual([]);
  expect(outcome.processEnds.filter(({ why }) => why === "unexpected")).toEqual([]);
  const { kills, generations, strikes } = summarize(outcome);
  expect(generations).toBe(60);
  expect(kills).toBeGreaterThanOrEqual(10);
  expect(Object.keys(strikes).length).toBeGreaterThanOrEqual(20);
}, 400_000);

test("chaos: processes crash at the points of their work that they are told to", async () => {
  await using scope = new AsyncDisposableStack();
  const options = { nemeses: ["crash-at"], kills: 12, apartMs: 1_500, workers: 1, generations: 36 };
  const { findings, processEnds } = await runChaos(chaosOptions(scope, options), () => {});
  expect(findings.filter(({ broken }) => broken.length > 0)).toEqual([]);
  expect(processEnds.filter(({ why }) => why === "crashed").length).toBeGreaterThanOrEqual(2);
}, 200_000);

test.each([
  ["sentinels", ["failover-kill", "kill"]],
  ["cluster", ["owner-kill", "kill"]],
] as const)(
  "chaos: failover with work in progress (%s): nothing lost, paid twice or finalized twice",
  async (redis, nemeses) => {
    await using scope = new AsyncDisposableStack();
    const options = { redis, nemeses: [...nemeses], generations: 25, kills: 2, faults: { "accept-reset*1": 0.1 } };
    const outcome = await runChaos(chaosOptions(scope, options), () => {});
    expect(outcome.findings.filter(({ broken }) => broken.length > 0)).toEqual([]);
    expect(outcome.processEnds.filter(({ why }) => why === "unexpected")).toEqual([]);
    const { failovers, generations } = summarize(outcome);
    expect([failovers, generations]).toEqual([1, 25]);
  },
  200_000,
);

test("checker: without the rule against blind retries it finds double charges", async () => {
  await using scope = new AsyncDisposableStack();
  const faults = { "accept-reset*1": 0.4 };
  const options = { generations: 20, kills: 0, faults, accounts: ["jiekou"], without: "no-blind-retry" } as const;
  const { findings } = await runChaos(chaosOptions(scope, options), () => {});
  expect(findings.find(({ promise }) => promise === "I2")?.broken.length).toBeGreaterThan(0);
}, 200_000);

function chaosOptions(scope: AsyncDisposableStack, options: Partial<ChaosOptions>): ChaosOptions {
  const report = mkdtempSync(join(tmpdir(), "reelqueue-chaos-report-"));
  scope.defer(() => rmSync(report, { recursive: true, force: true }));
  const defaults: Omit<ChaosOptions, "report"> = {
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
  return { ...defaults, report, ...options };
}
