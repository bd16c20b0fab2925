import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { allInOne, contradictions, startTestSystem } from "./system.ts";

const row = { account: "jiekou", prompt: "a snail on a leaf", resolution: "480p" as const, seconds: 4 };

test.each([
  ["bad-key", "bad key"],
  ["no-balance", "balance"],
])(
  "account paused by %s: no generation fails; all continue after resume",
  async (key, reason) => {
    await using system = await startTestSystem({ apps: [] });
    const refused = await system.start(allInOne, { REELQUEUE_SIMULATOR_KEY: key });
    const ids = await system.enqueue([row, row, row]);
    const waiting = await eventually(
      async () => {
        const all = await system.get(ids);
        return (
          all.every(
            (generation) => generation.state === "queued" && generation.waiting === `account paused: ${reason}`,
          ) && all
        );
      },
      { describe: "all wait for the paused account" },
    );
    expect(waiting).toHaveLength(3);
    refused.kill();
    await refused.exited;
    await system.start(`${allInOne}#2`);
    await ledger.resume(system.installation.cell, "jiekou");
    expect((await system.waitForRest(ids)).map(({ state }) => state)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect((await system.bill()).tasks).toBe(3);
    expect(await contradictions(system)).toEqual([]);
  },
  300_000,
);

test("lost answers in a row, provider without look-up: the account pauses, most generations stay queued", async () => {
  await using system = await startTestSystem({
    simulator: { limits: "off", rates: { "submit-500": 1 }, clockFactor: 60 },
    accounts: { jiekou: { limits: { inFlight: 1_000, requestsPerMinute: 600 } } },
  });
  const ids = await system.enqueue(Array.from({ length: 300 }, () => row));
  await eventually(
    async () => {
      const [last] = await system.get(ids.slice(-1));
      return last?.waiting?.startsWith("account paused: 10 answers in a row were lost");
    },
    { describe: "the account is paused", timeoutMs: 120_000 },
  );
  const touched = (await system.get(ids)).filter(({ state }) => state !== "queued").length;
  expect(touched).toBeLessThan(150);
  expect((await system.bill()).charges).toBe(0);
});

test("Redis without `appendfsync always`: submits refused with the reason; they continue once it is set", async () => {
  await using system = await startTestSystem({ apps: [] });
  await system.installation.cell.redis.config("SET", "appendfsync", "everysec");
  // the last stage serves the health of the process
  const submitter = await system.start("poller+finalizer+submitter");
  const ready = await fetch(`${submitter.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain("set `appendfsync always`");
  const ids = await system.enqueue([row]);
  await eventually(() => submitter.logs().includes("submits are refused"), { describe: "the log reports the refusal" });
  expect((await system.bill()).tasks).toBe(0);
  await system.installation.cell.redis.config("SET", "appendfsync", "always");
  await fetch(`${submitter.url}/readyz`);
  expect((await system.waitForRest(ids)).map(({ state }) => state)).toEqual(["succeeded"]);
});
