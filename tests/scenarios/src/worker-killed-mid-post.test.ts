import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

const row = (account: string, marker: string, faults = "") => ({
  account,
  prompt: `a tin robot waters a fern [[marker:${marker}]]${faults}`,
  resolution: "480p" as const,
  seconds: 4,
});

test("submitter killed during a POST, provider with idempotency keys: one charge", async () => {
  await using world = await startWorld({ apps: ["poller", "finalizer"] });
  const submitter = await world.start("submitter");
  const [id = ""] = await world.enqueue([row("hiapi", "m", "[[fault:accept-hang*1]]")]);
  await eventually(async () => (await world.bill()).charges === 1, {
    describe: "the provider has charged",
    timeoutMs: 120_000,
  });
  submitter.kill("SIGKILL");
  await world.start("submitter#2");
  const [rested] = await world.rested([id]);
  expect(rested).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(rested?.timeline.map(({ state }) => state)).toContain("unknown");
  expect((await world.bill()).byMarker.m).toMatchObject({ tasks: 1, charges: 1 });
  expect(await contradictions(world)).toEqual([]);
});

test("submitter killed during a POST, provider without look-up: needs_review, nothing sent until an operator settles it", async () => {
  await using world = await startWorld({ apps: ["poller", "finalizer"] });
  const submitter = await world.start("submitter");
  const ids = await world.enqueue([
    row("jiekou", "sent", "[[fault:accept-hang*1]]"),
    row("jiekou", "given-up", "[[fault:accept-hang*1]]"),
  ]);
  await eventually(async () => (await world.bill()).charges === 2, {
    describe: "the provider has charged",
    timeoutMs: 120_000,
  });
  submitter.kill("SIGKILL");
  await world.start("submitter#2");
  const inReview = await eventually(
    async () => {
      const all = await world.get(ids);
      return all.every(({ state }) => state === "needs_review") && all;
    },
    { describe: "both need a person", timeoutMs: 120_000 },
  );
  expect(inReview[0]?.waiting).toContain("./reelqueue review");
  const bill = await world.bill();
  expect([bill.tasks, bill.duplicates]).toEqual([2, []]);

  const { review } = await import("@reelqueue/pipeline");
  const taskId = bill.byMarker.sent?.taskIds[0] ?? "";
  expect(await review(ids[0] ?? "", { kind: "sent", taskId }, world.here)).toEqual({
    kind: "settled",
    state: "running",
  });
  expect(await review(ids[1] ?? "", { kind: "give_up" }, world.here)).toEqual({ kind: "settled", state: "failed" });
  const [first, second] = await world.rested(ids);
  expect(first).toMatchObject({ state: "succeeded", taskId });
  expect(second).toMatchObject({ state: "failed", failure: { class: "billing_uncertain" } });
  expect((await world.bill()).tasks).toBe(2);
  expect(await contradictions(world)).toEqual([]);
});

test.each(["submit:after-intent", "submit:after-answer", "submit:after-bind"])(
  "submitter crash at %s: at most one charge",
  async (point) => {
    await using world = await startWorld({ apps: ["poller", "finalizer"] });
    const crashing = await world.start("submitter", { CRASH_AT: point });
    const [id = ""] = await world.enqueue([row("hiapi", "m")]);
    expect(await crashing.exited).toMatchObject({ signal: "SIGKILL" });
    await world.start("submitter#2");
    const [rested] = await world.rested([id]);
    expect(rested?.state).toBe("succeeded");
    expect((await world.bill()).byMarker.m).toMatchObject({ tasks: 1, charges: 1 });
    expect(await contradictions(world)).toEqual([]);
  },
  300_000,
);
