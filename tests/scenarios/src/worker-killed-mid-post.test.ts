import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

const row = (account: string, marker: string, faults = "") => ({
  account,
  prompt: `a tin robot waters a fern [[marker:${marker}]]${faults}`,
  resolution: "480p" as const,
  seconds: 4,
});

test("submitter killed during a POST, provider with idempotency keys: one charge", async () => {
  await using system = await startTestSystem({ apps: ["poller+finalizer"] });
  const submitter = await system.start("submitter");
  const [id = ""] = await system.enqueue([row("hiapi", "m", "[[fault:accept-hang*1]]")]);
  await eventually(async () => (await system.bill()).charges === 1, {
    describe: "the provider has charged",
    timeoutMs: 120_000,
  });
  submitter.kill("SIGKILL");
  await system.start("submitter#2");
  const [rested] = await system.waitForRest([id]);
  expect(rested).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(rested?.timeline.map(({ state }) => state)).toContain("unknown");
  expect((await system.bill()).byMarker.m).toMatchObject({ tasks: 1, charges: 1 });
  expect(await contradictions(system)).toEqual([]);
});

test("submitter killed during a POST, provider without look-up: needs_review, nothing sent until an operator settles it", async () => {
  await using system = await startTestSystem({ apps: ["poller+finalizer"] });
  const submitter = await system.start("submitter");
  const ids = await system.enqueue([
    row("jiekou", "sent", "[[fault:accept-hang*1]]"),
    row("jiekou", "given-up", "[[fault:accept-hang*1]]"),
  ]);
  await eventually(async () => (await system.bill()).charges === 2, {
    describe: "the provider has charged",
    timeoutMs: 120_000,
  });
  submitter.kill("SIGKILL");
  await system.start("submitter#2");
  const inReview = await eventually(
    async () => {
      const all = await system.get(ids);
      return all.every(({ state }) => state === "needs_review") && all;
    },
    { describe: "both need review", timeoutMs: 120_000 },
  );
  expect(inReview[0]?.waiting).toContain("./reelqueue review");
  const bill = await system.bill();
  expect([bill.tasks, bill.duplicates]).toEqual([2, []]);

  const { review } = await import("@reelqueue/pipeline");
  const taskId = bill.byMarker.sent?.taskIds[0] ?? "";
  expect(await review(ids[0] ?? "", { kind: "sent", taskId }, system.installation)).toEqual({
    kind: "settled",
    state: "running",
  });
  expect(await review(ids[1] ?? "", { kind: "give_up" }, system.installation)).toEqual({
    kind: "settled",
    state: "failed",
  });
  const [first, second] = await system.waitForRest(ids);
  expect(first).toMatchObject({ state: "succeeded", taskId });
  expect(second).toMatchObject({ state: "failed", failure: { class: "billing_uncertain" } });
  expect((await system.bill()).tasks).toBe(2);
  expect(await contradictions(system)).toEqual([]);
});

test.each(["submit:after-intent", "submit:after-answer", "submit:after-bind"])(
  "submitter crash at %s: at most one charge",
  async (point) => {
    await using system = await startTestSystem({ apps: ["poller+finalizer"] });
    const crashing = await system.start("submitter", { CRASH_AT: point });
    const [id = ""] = await system.enqueue([row("hiapi", "m")]);
    expect(await crashing.exited).toMatchObject({ signal: "SIGKILL" });
    await system.start("submitter#2");
    const [rested] = await system.waitForRest([id]);
    expect(rested?.state).toBe("succeeded");
    expect((await system.bill()).byMarker.m).toMatchObject({ tasks: 1, charges: 1 });
    expect(await contradictions(system)).toEqual([]);
  },
  300_000,
);
