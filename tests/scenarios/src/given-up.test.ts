import { cancel } from "@reelqueue/pipeline";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

const row = { account: "jiekou", prompt: "fog over a field", resolution: "480p" as const, seconds: 4 };

test("cancel: queued → canceled at once, not charged; running → the provider's result is kept", async () => {
  await using world = await startWorld({ apps: ["poller", "finalizer"] });
  const [waiting = "", sent = ""] = await world.enqueue([row, { ...row, prompt: `${row.prompt} [[fault:slow]]` }]);
  expect(await cancel(waiting, world.here)).toEqual({ kind: "canceled" });
  await world.start("submitter");
  await eventually(async () => (await world.get([sent]))[0]?.state === "running", { describe: "it runs" });
  expect(await cancel(sent, world.here)).toEqual({ kind: "requested", state: "running" });
  const [first, second] = await world.rested([waiting, sent]);
  expect([first?.state, second?.state, second?.cancelRequested]).toEqual(["canceled", "succeeded", true]);
  expect(await cancel(sent, world.here)).toEqual({ kind: "over", state: "succeeded" });
  expect((await world.bill()).tasks).toBe(1);
  expect(await contradictions(world)).toEqual([]);
});

test("expired generation: a task that succeeds later is recovered, one charge", async () => {
  await using world = await startWorld();
  const [id = ""] = await world.enqueue([{ ...row, expiresIn: 3, prompt: `${row.prompt} [[fault:slow]]` }]);
  await eventually(async () => (await world.get([id]))[0]?.state === "expired", {
    describe: "it expires",
    timeoutMs: 120_000,
  });
  const [rested] = await eventually(
    async () => {
      const all = await world.get([id]);
      return all[0]?.state === "succeeded" && all;
    },
    { describe: "it is recovered", timeoutMs: 120_000 },
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
  expect((await world.bill()).charges).toBe(1);
  expect(await contradictions(world)).toEqual([]);
});
