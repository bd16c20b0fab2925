import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { generous, newGeneration, testCell } from "../test-cell.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

async function acceptMany(count: number, changes: Partial<ledger.NewGeneration> = {}): Promise<string[]> {
  const many = Array.from({ length: count }, () => newGeneration(cell, changes));
  await ledger.accept(cell, many);
  return many.map(({ id }) => id);
}
const admitted = async (limits: Partial<ledger.AdmitLimits>) => ledger.admit(cell, "hiapi", { ...generous, ...limits });
const ids = ({ grants }: ledger.Admitted) => grants.map(({ generation }) => generation);

test("admit: grants at most the free slots, oldest first", async () => {
  const all = await acceptMany(5);
  const first = await admitted({ slots: 3 });
  expect(ids(first)).toEqual(all.slice(0, 3));
  expect(first.reason).toBe("slots:3");
  expect(ids(await admitted({ slots: 3 }))).toEqual([]);
});

test("admit: 50 concurrent calls never grant more than the slots", async () => {
  await acceptMany(40);
  const rounds = await Promise.all(Array.from({ length: 50 }, () => admitted({ slots: 10 })));
  expect(new Set(rounds.flatMap(ids)).size).toBe(10);
});

test("admit: the highest priority goes first", async () => {
  const low = await acceptMany(2);
  const high = await acceptMany(2, { priority: 9 });
  expect(ids(await admitted({}))).toEqual([...high, ...low]);
});

test("admit: 2,000 rows of one tenant do not block another tenant's row", async () => {
  await acceptMany(2_000, { tenant: "big" });
  const [small] = await acceptMany(1, { tenant: "small" });
  expect(ids(await admitted({ slots: 2 }))).toContain(small);
});

test("admit: tenants share slots by weight", async () => {
  await acceptMany(200, { tenant: "a" });
  await acceptMany(200, { tenant: "b" });
  const granted = new Set(ids(await admitted({ slots: 120, weights: { a: 2, b: 1 } })));
  const records = await ledger.readMany(cell, [...granted]);
  const ofA = records.filter((found) => found?.record.tenant === "a").length;
  expect(ofA).toBeGreaterThanOrEqual(78);
  expect(ofA).toBeLessThanOrEqual(82);
});

test("admit: an idle tenant gets no credit for its idle time", async () => {
  await acceptMany(300, { tenant: "busy" });
  await admitted({ slots: 200 });
  await acceptMany(100, { tenant: "late" });
  const records = await ledger.readMany(cell, ids(await admitted({ slots: 220 })));
  const late = records.filter((found) => found?.record.tenant === "late").length;
  expect(late).toBeGreaterThanOrEqual(9);
  expect(late).toBeLessThanOrEqual(11);
});

test("admit: the rate allows its burst at once and tells when to retry", async () => {
  await acceptMany(20);
  const first = await admitted({ rate: 0.001, burst: 6 });
  expect(first.grants).toHaveLength(6);
  expect(first.reason).toBe("rate");
  expect(first.againInMs).toBeGreaterThan(900);
  expect(first.againInMs).toBeLessThanOrEqual(1_000);
});

test("admit: the window limits the grants that are not started", async () => {
  await acceptMany(20);
  const first = await admitted({ window: 5 });
  expect([first.grants.length, first.reason]).toEqual([5, "window"]);
});

test("admit: never exceeds the budget of the day", async () => {
  await acceptMany(20, { estimateMicroUsd: 300_000 });
  const first = await admitted({ budgetMicroUsd: 1_000_000 });
  expect([first.grants.length, first.reason]).toEqual([3, "budget"]);
  expect((await ledger.accountStatus(cell, "hiapi")).spentTodayMicroUsd).toBe(900_000);
});

test("pause: nothing is granted until resume, and an automatic pause keeps the first reason", async () => {
  await acceptMany(1);
  await ledger.pauseAutomatically(cell, "hiapi", "balance");
  await ledger.pauseAutomatically(cell, "hiapi", "bad key");
  expect((await admitted({})).reason).toBe("paused:balance");
  await ledger.resume(cell, "hiapi");
  expect((await admitted({})).grants).toHaveLength(1);
});

test("throttle: nothing is granted until its end, and a shorter throttle does not shorten it", async () => {
  await acceptMany(1);
  await ledger.throttle(cell, "hiapi", 60_000);
  await ledger.throttle(cell, "hiapi", 10);
  const { reason, againInMs } = await admitted({});
  expect(reason).toBe("throttled");
  expect(againInMs).toBeGreaterThan(50_000);
});

test("throttle: tells the reason of the longest wait until resume", async () => {
  const reason = async () => (await ledger.accountStatus(cell, "hiapi")).untilReason;
  await ledger.throttle(cell, "hiapi", 30_000, { reason: "cannot be reached" });
  await ledger.throttle(cell, "hiapi", 10);
  expect(await reason()).toBe("cannot be reached");
  await ledger.throttle(cell, "hiapi", 60_000, { bucket: "polls" });
  expect(await reason()).toBe("cannot be reached");
  await ledger.throttle(cell, "hiapi", 60_000);
  expect(await reason()).toBeUndefined();
  await ledger.throttle(cell, "hiapi", 90_000, { reason: "cannot be reached" });
  await ledger.resume(cell, "hiapi");
  expect(await reason()).toBeUndefined();
});
