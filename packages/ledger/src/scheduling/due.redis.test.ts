import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { generous, newGeneration, running, testCell } from "../test-cell.ts";
import { sendMove } from "../testing/index.ts";

const place = { lane: "poll", account: "hiapi" } as const;
let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});
const claimAll = (leaseMs = 30_000, bucket?: ledger.ClaimOptions["bucket"]) =>
  ledger.claim(cell, "poll", "hiapi", { fields: ["taskId"], limit: 100, leaseMs, ...(bucket && { bucket }) });

const hear = (id: string, heard: Partial<ledger.CallbackHint & ledger.HintTiming> = {}) =>
  ledger.makeDueNow(cell, id, ["poll"], { account: "hiapi", attempt: "1", gapMs: 0, lookUpInMs: 0, ...heard });

test("claim: due work goes to one worker only", async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => running(cell, `task-${i}`)));
  const rounds = await Promise.all(Array.from({ length: 10 }, () => claimAll()));
  expect(rounds.flatMap(({ items }) => items.map(({ id }) => id)).toSorted()).toEqual(ids.toSorted());
});

test("claim: works without fields", async () => {
  const id = await running(cell, "task-1");
  const { items } = await ledger.claim(cell, "poll", "hiapi", { fields: [], limit: 10, leaseMs: 1_000 });
  expect(items).toEqual([{ id }]);
});

test("claim: after the lease another worker gets the work, and the first one's result is refused", async () => {
  const id = await running(cell, "task-1");
  const first = await claimAll(0);
  const second = await claimAll();
  expect(second.items.map((item) => item.id)).toEqual([id]);
  expect(await ledger.reschedule(cell, { ...place, id, lease: first.lease, nextInMs: 5_000, set: { polls: 9 } })).toBe(
    false,
  );
  expect(await ledger.reschedule(cell, { ...place, id, lease: second.lease, nextInMs: 5_000, set: { polls: 1 } })).toBe(
    true,
  );
  expect((await ledger.read(cell, id))?.record.polls).toBe(1);
});

test("claim: polls take tokens of the account and leave the reserve", async () => {
  await Promise.all(Array.from({ length: 10 }, (_, i) => running(cell, `task-${i}`)));
  const claimed = await claimAll(30_000, { of: "requests", rate: 0.001, burst: 6, reserve: 2 });
  expect(claimed.items).toHaveLength(4);
  expect(claimed.nextInMs).toBeGreaterThan(900);
});

test("claim: polls with their own bucket take no token of the submits and have their own throttle", async () => {
  const bucket = { of: "polls", rate: 0.001, burst: 3, reserve: 0 } as const;
  const slow = { ...generous, rate: 0.001, burst: 2 };
  await Promise.all(Array.from({ length: 5 }, (_, i) => running(cell, `task-${i}`)));
  expect((await claimAll(30_000, bucket)).items).toHaveLength(3);

  await ledger.accept(cell, [newGeneration(cell), newGeneration(cell), newGeneration(cell)]);
  const admitted = await ledger.admit(cell, "hiapi", slow);
  expect([admitted.grants.length, admitted.reason]).toEqual([2, "rate"]);

  await ledger.throttle(cell, "hiapi", 60_000);
  await ledger.makeAllDue(cell, "poll", "hiapi");
  expect((await claimAll(30_000, { ...bucket, rate: 1_000 })).items).toHaveLength(3);

  await ledger.throttle(cell, "hiapi", 50_000, { bucket: "polls" });
  await ledger.resume(cell, "hiapi");
  await ledger.throttle(cell, "hiapi", 50_000, { bucket: "polls" });
  await ledger.makeAllDue(cell, "poll", "hiapi");
  const held = await claimAll(30_000, bucket);
  expect(held.items).toEqual([]);
  expect(held.nextInMs).toBeGreaterThan(40_000);
  expect((await ledger.admit(cell, "hiapi", generous)).grants).toHaveLength(1);
});

test("makeDueNow: a callback makes its task due now", async () => {
  const id = await running(cell, "task-1");
  const { lease } = await claimAll();
  await ledger.reschedule(cell, { ...place, id, lease, nextInMs: 60_000 });
  expect((await claimAll()).items).toEqual([]);
  expect(await hear(id)).toEqual({ state: "running", woken: true });
  expect((await claimAll()).items).toHaveLength(1);
  expect(await hear("nobody")).toEqual({ state: "missing", woken: false });
});

test("makeDueNow: many callbacks cause a poll per gap, and the last one is not missed", async () => {
  const id = await running(cell, "task-1");
  await ledger.reschedule(cell, { ...place, id, lease: (await claimAll()).lease, nextInMs: 600_000 });
  const dueInMs = async () => Number(await cell.redis.zscore(cell.keys.due("poll", "hiapi"), id)) - Date.now();
  for (let times = 0; times < 20; times += 1) await hear(id, { gapMs: 60_000 });
  const { items, lease } = await claimAll();
  expect(items).toHaveLength(1);
  await ledger.reschedule(cell, { ...place, id, lease, nextInMs: 600_000 });
  for (let times = 0; times < 20; times += 1) await hear(id, { gapMs: 60_000 });
  expect((await claimAll()).items).toEqual([]);
  expect(await dueInMs()).toBeGreaterThan(30_000);
  expect(await dueInMs()).toBeLessThan(61_000);
});

test("makeDueNow: a hint writes no task index and no orphan, and each attempt names a few tasks at most", async () => {
  const id = await running(cell, "task-1");
  const queued = newGeneration(cell);
  await ledger.accept(cell, [queued]);
  for (let nth = 0; nth < 59; nth += 1)
    for (const each of [id, queued.id]) await hear(each, { taskId: `coming-${nth}` });
  expect(await ledger.orphans(cell)).toEqual([]);
  expect(await cell.redis.hkeys(cell.keys.tasks("hiapi"))).toHaveLength(1);
  expect(await ledger.countNamedTasks(cell, "hiapi")).toBe(9);
  expect((await ledger.read(cell, queued.id))?.record.callbackTaskId).toBe("coming-4");
});

test("makeDueNow: a task of another generation is no hint", async () => {
  await running(cell, "task-1");
  const other = newGeneration(cell);
  await ledger.accept(cell, [other]);
  await hear(other.id, { taskId: "task-1" });
  expect((await ledger.read(cell, other.id))?.record.callbackTaskId).toBeUndefined();
  expect(await ledger.countNamedTasks(cell, "hiapi")).toBe(0);
});

test("makeDueNow: another account makes nothing due", async () => {
  const id = await running(cell, "task-1");
  await ledger.reschedule(cell, { ...place, id, lease: (await claimAll()).lease, nextInMs: 60_000 });
  expect(await hear(id, { account: "ark", taskId: "task-2" })).toEqual({ state: "running", woken: false });
  expect((await claimAll()).items).toEqual([]);
});

test("redispatch: overdue work gets the next dispatch number, so the old job is stale", async () => {
  const generation = newGeneration(cell);
  await ledger.accept(cell, [generation]);
  const { grants } = await ledger.admit(cell, "hiapi", { ...generous, leaseMs: 0 });
  const again = await ledger.redispatch(cell, "granted", "hiapi", { limit: 10, leaseMs: 30_000 });
  expect(again).toEqual([{ generation: generation.id, dispatchSeq: (grants[0]?.dispatchSeq ?? 0) + 1 }]);
  expect(await ledger.redispatch(cell, "granted", "hiapi", { limit: 10, leaseMs: 30_000 })).toEqual([]);
});

test("makeAllDue: all work of a lane is due now", async () => {
  const many = Array.from({ length: 5 }, () => newGeneration(cell));
  await ledger.accept(cell, many);
  await ledger.admit(cell, "hiapi", generous);
  expect(await ledger.redispatch(cell, "granted", "hiapi", { limit: 10, leaseMs: 30_000 })).toEqual([]);
  expect(await ledger.makeAllDue(cell, "granted", "hiapi")).toBe(5);
  expect(await ledger.redispatch(cell, "granted", "hiapi", { limit: 10, leaseMs: 30_000 })).toHaveLength(5);
});

test("extendLease: the current dispatch extends its lease, a stale one does not", async () => {
  const id = await running(cell, "task-1");
  const moved = await sendMove(cell, {
    id,
    from: ["running"],
    to: "finalizing",
    token: "f",
    dispatch: true,
    due: { lane: "finalize", inMs: 0 },
  });
  const dispatchSeq = (moved as { dispatchSeq: number }).dispatchSeq;
  expect(await ledger.extendLease(cell, "finalize", { generation: id, dispatchSeq: dispatchSeq - 1 }, 60_000)).toBe(
    false,
  );
  expect(await ledger.extendLease(cell, "finalize", { generation: id, dispatchSeq }, 60_000)).toBe(true);
  expect(await ledger.redispatch(cell, "finalize", "hiapi", { limit: 10, leaseMs: 1_000 })).toEqual([]);
});

test("promoteDelayed: after its backoff a generation returns to its old place in the backlog", async () => {
  const [first, second] = [newGeneration(cell), newGeneration(cell)];
  await ledger.accept(cell, [first, second]);
  await ledger.admit(cell, "hiapi", { ...generous, slots: 1 });
  await sendMove(cell, {
    id: first.id,
    from: ["queued"],
    to: "submitting",
    token: "a",
    due: { lane: "submitting", inMs: 1_000 },
  });
  await sendMove(cell, {
    id: first.id,
    from: ["submitting"],
    to: "queued",
    token: "b",
    due: { lane: "backoff", inMs: 0 },
  });
  expect(await ledger.promoteDelayed(cell, "hiapi", 10)).toEqual({ count: 1 });
  const { grants } = await ledger.admit(cell, "hiapi", { ...generous, slots: 2 });
  expect(grants.map(({ generation }) => generation)).toEqual([first.id, second.id]);
});

test("updateFields: writes only to an existing record", async () => {
  const id = await running(cell, "task-1");
  await ledger.updateFields(cell, id, { downloadAttempts: 3 });
  await ledger.updateFields(cell, "nobody", { downloadAttempts: 3 });
  expect((await ledger.read(cell, id))?.record.downloadAttempts).toBe(3);
  expect(await ledger.read(cell, "nobody")).toBeUndefined();
});

test("listPastDeadline: lists an expired generation until it has moved", async () => {
  const generation = newGeneration(cell, { expiresInMs: 0 });
  await ledger.accept(cell, [generation]);
  expect(await ledger.listPastDeadline(cell, 10)).toEqual([{ id: generation.id, state: "queued", lane: "backlog" }]);
  await sendMove(cell, { id: generation.id, from: ["queued"], to: "expired", token: "x" });
  expect(await ledger.listPastDeadline(cell, 10)).toEqual([]);
});

test("purge: frees the slot of an expired, unwatched generation", async () => {
  const [unwatched, watched] = [await running(cell, "task-1"), await running(cell, "task-2")];
  await sendMove(cell, { id: unwatched, from: ["running"], to: "expired", token: "a" });
  const due = { lane: "watch" as const, inMs: 60_000 };
  await sendMove(cell, { id: watched, from: ["running"], to: "expired", token: "b", due });
  const inFlight = async () => (await ledger.accountStatus(cell, "hiapi")).inFlight;
  expect(await inFlight()).toBe(2);
  expect(await ledger.purge(cell, "expired", "default", { retentionMs: -1, limit: 10 })).toBe(1);
  expect(await inFlight()).toBe(1);
  expect((await ledger.read(cell, watched))?.record.state).toBe("expired");
});

test("purge: keeps an expired generation that is watched, also without a slot", async () => {
  const id = await running(cell, "task-1");
  const due = { lane: "watch" as const, inMs: 60_000 };
  await sendMove(cell, { id, from: ["running"], to: "expired", token: "a", due, freeSlot: true });
  expect(await ledger.purge(cell, "expired", "default", { retentionMs: -1, limit: 10 })).toBe(0);
  expect((await ledger.read(cell, id))?.record.state).toBe("expired");
});

test("purge: a record beyond the retention leaves nothing behind", async () => {
  const id = await running(cell, "task-1", { batch: "b" });
  await sendMove(cell, { id, from: ["running"], to: "finalizing", token: "a", due: { lane: "finalize", inMs: 0 } });
  await sendMove(cell, {
    id,
    from: ["finalizing"],
    to: "succeeded",
    token: "b",
    event: { endpoint: "e", url: "http://x", body: "{}" },
  });
  expect(await ledger.purge(cell, "succeeded", "default", { retentionMs: 60_000, limit: 10 })).toBe(0);
  expect(await ledger.purge(cell, "succeeded", "default", { retentionMs: -1, limit: 10 })).toBe(1);
  expect(await ledger.read(cell, id)).toBeUndefined();
  expect(await ledger.ownerOf(cell, "hiapi", "task-1")).toBeUndefined();
  expect(await ledger.countDeliveries(cell)).toEqual({ pending: 0, delivered: 0, exhausted: 0 });
  // the answer of a call is stored as long as its leases
  const ofCalls = await cell.redis.keys(`${cell.prefix}:claim:*`);
  const livesMs = await Promise.all(ofCalls.map((key) => cell.redis.pttl(key)));
  expect(livesMs.every((ms) => ms > 0 && ms <= generous.leaseMs)).toBe(true);
  const left = (await cell.redis.keys(`${cell.prefix}:*`)).filter((key) => !ofCalls.includes(key));
  expect(left.map((key) => key.slice(cell.prefix.length + 1)).toSorted()).toEqual([
    "a:hiapi",
    "endpoints",
    "seq",
    "tenants",
  ]);
});
