import { expect, test } from "vitest";
import { summarize } from "./report.ts";
import { runChaos } from "./run.ts";
import { chaosOptions } from "./test-options.ts";

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
