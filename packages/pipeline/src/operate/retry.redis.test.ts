import type { FailureClass } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { bring, type Given } from "@reelqueue/ledger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept } from "../accept/accept.ts";
import type { Installation } from "../open.ts";
import { testInstallation } from "../test-installation.ts";
import { retry } from "./retry.ts";

let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, { jiekou: { pricesPerSecond: { "seedance-2.0/480p": 0.06 } } });
});
afterEach(async () => {
  expect(await ledger.audit(here.cell)).toEqual([]);
  await scope.disposeAsync();
});

async function failed(failureClass: FailureClass): Promise<string> {
  const [row] = await accept([{ prompt: "a cup", account: "hiapi" }], { tenant: "default" }, here);
  const id = row && "id" in row ? row.id : "";
  await fail(id, failureClass);
  return id;
}

async function fail(id: string, failureClass: FailureClass): Promise<void> {
  await ledger.admit(here.cell, "hiapi", { slots: 100, rate: 0, burst: 0, window: 100, leaseMs: 1_000, weights: {} });
  await bring(here.cell, [id], "failed", { failure: { class: failureClass, message: "no" } });
}

test("many retries at once start one new attempt", async () => {
  const id = await failed("upstream");
  const answers = await Promise.all(Array.from({ length: 10 }, () => retry(id, here)));
  expect(answers.filter(({ kind }) => kind === "queued")).toEqual([{ kind: "queued", attempt: 2 }]);
});

test.each(["output_lost", "billing_uncertain"] as const)(
  "failed as %s, and its task is not known: not retried, with an advice",
  async (failureClass) => {
    const id = await failed(failureClass);
    await here.cell.redis.hdel(here.cell.keys.record(id), "task");
    expect(await retry(id, here)).toMatchObject({
      kind: "unsafe",
      class: failureClass,
      advice: expect.stringContaining("enqueue it again"),
    });
    expect((await ledger.read(here.cell, id))?.record.state).toBe("failed");
  },
);

test.each([
  ["with its slot", {}],
  ["without its slot", { freeSlot: true }],
] as const)("expired and still watched, %s: not retried, because its task may still be charged", async (_, slot) => {
  const id = await expired({ due: { lane: "watch", inMs: 60_000 }, ...slot });
  expect(await retry(id, here)).toMatchObject({ kind: "unsafe", class: "billing_uncertain" });
  expect((await ledger.read(here.cell, id))?.record.state).toBe("expired");
});

test("expired and not watched: a retry is a new attempt, and what the earlier one reserved counts as spent", async () => {
  const spent = async () => (await ledger.accountStatus(here.cell, "jiekou")).spentTodayMicroUsd;
  const id = await expired({ freeSlot: true });
  const before = await spent();
  expect(before).toBeGreaterThan(0);
  expect(await retry(id, here)).toEqual({ kind: "queued", attempt: 2 });
  expect(await spent()).toBe(before);
});

/** A generation whose task ran until it expired. */
async function expired(last: NonNullable<Given["last"]>): Promise<string> {
  const [row] = await accept(
    [{ prompt: "a cup", account: "jiekou", resolution: "480p", seconds: 4 }],
    { tenant: "default" },
    here,
  );
  const id = row && "id" in row ? row.id : "";
  await ledger.admit(here.cell, "jiekou", { slots: 100, rate: 0, burst: 0, window: 100, leaseMs: 1_000, weights: {} });
  await bring(here.cell, [id], "expired", { taskId: "task-1", last });
  return id;
}

test("a stalled retry changes nothing after another one that failed again", async () => {
  const id = await failed("upstream");
  const before = await ledger.read(here.cell, id);
  await retry(id, here);
  await fail(id, "upstream");
  if (!before) throw new Error("no record");
  const { dispatchSeq, token = "" } = before.record;
  const late = await here.transitions.startNextAttempt(before, ["failed"], {
    expect: { dispatchSeq, token },
    due: { lane: "backlog" },
    note: "late",
  });
  expect(late).toEqual({ kind: "stale", state: "failed" });
  expect((await ledger.read(here.cell, id))?.record.attempt).toBe(2);
});
