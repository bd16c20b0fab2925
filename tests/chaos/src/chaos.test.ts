import { expect, test } from "vitest";
import { everyFault } from "./options.ts";
import { summarize } from "./report.ts";
import { runChaos } from "./run.ts";
import { chaosOptions } from "./test-options.ts";

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

test("checker: without the rule against blind retries it finds double charges", async () => {
  await using scope = new AsyncDisposableStack();
  const faults = { "accept-reset*1": 0.4 };
  const without = "no-blind-retry";
  const options = { generations: 20, kills: 0, workers: 1, faults, accounts: ["jiekou"], without } as const;
  const { findings } = await runChaos(chaosOptions(scope, options), () => {});
  expect(findings.find(({ promise }) => promise === "I2")?.broken.length).toBeGreaterThan(0);
}, 200_000);
