import { cancel } from "@reelqueue/pipeline";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { allInOne, contradictions, startTestSystem } from "./system.ts";

const row = { account: "jiekou", prompt: "fog over a field", resolution: "480p" as const, seconds: 4 };

test("cancel: queued → canceled at once, not charged; running → the provider's result is kept", async () => {
  await using system = await startTestSystem({ apps: [] });
  const [waiting = "", sent = ""] = await system.enqueue([row, { ...row, prompt: `${row.prompt} [[fault:slow]]` }]);
  expect(await cancel(waiting, system.installation)).toEqual({ kind: "canceled" });
  await system.start(allInOne);
  await eventually(async () => (await system.get([sent]))[0]?.state === "running", {
    describe: "the second is running",
  });
  expect(await cancel(sent, system.installation)).toEqual({ kind: "requested", state: "running" });
  const [first, second] = await system.waitForRest([waiting, sent]);
  expect([first?.state, second?.state, second?.cancelRequested]).toEqual(["canceled", "succeeded", true]);
  expect(await cancel(sent, system.installation)).toEqual({ kind: "over", state: "succeeded" });
  expect((await system.bill()).tasks).toBe(1);
  expect(await contradictions(system)).toEqual([]);
});

test("expired generation: a task that succeeds later is recovered, one charge", async () => {
  // its deadline is real time, and its task must run longer
  await using system = await startTestSystem({ simulator: { clockFactor: 60 } });
  const [id = ""] = await system.enqueue([{ ...row, expiresIn: 3, prompt: `${row.prompt} [[fault:slow]]` }]);
  await eventually(async () => (await system.get([id]))[0]?.state === "expired", {
    describe: "the generation expires",
    timeoutMs: 120_000,
  });
  const [rested] = await eventually(
    async () => {
      const all = await system.get([id]);
      return all[0]?.state === "succeeded" && all;
    },
    { describe: "the generation is recovered", timeoutMs: 120_000 },
  );
  expect(rested?.timeline.map(({ state }) => state)).toEqual([
    "queued",
    "submitting",
    "running",
    "expired",
    "finalizing",
    "succeeded",
  ]);
  expect(rested?.timeline.find(({ state }) => state === "finalizing")?.note).toContain("paid, recovered");
  expect((await system.bill()).charges).toBe(1);
  expect(await contradictions(system)).toEqual([]);
});
