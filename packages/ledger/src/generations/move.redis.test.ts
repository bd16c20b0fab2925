import { mayMove, type State, states } from "@reelqueue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { generous, newGeneration, running, testCell } from "../test-cell.ts";
import { type Move, sendAll, sendMove } from "../testing/index.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

test("move: one outside the table of moves is refused without a call to Redis", async () => {
  for (const from of states) {
    for (const to of states.filter((state) => !mayMove(from, state))) {
      const forbidden = { id: "x", from: [from], to, token: "t" } as unknown as Move;
      await expect(sendMove(cell, forbidden), `${from} to ${to}`).rejects.toMatchObject({ kind: "forbidden" });
    }
  }
});

test("move: from another state than the record's → conflict, nothing changes", async () => {
  const id = await running(cell, "task-1");
  const before = await ledger.read(cell, id);
  const moved = await sendMove(cell, { id, from: ["finalizing"], to: "succeeded", token: "t" });
  expect(moved).toEqual({ kind: "conflict", state: "running" });
  expect(await ledger.read(cell, id)).toEqual(before);
});

test("move: the same operation sent twice is applied once", async () => {
  const id = await running(cell, "task-1");
  const step = {
    id,
    from: ["running"],
    to: "finalizing",
    token: "once",
    dispatch: true,
    due: { lane: "finalize", inMs: 0 },
  } as const;
  const first = await sendMove(cell, step as unknown as Move);
  const second = await sendMove(cell, step as unknown as Move);
  expect([first.kind, second.kind]).toEqual(["moved", "already"]);
  expect(second).toMatchObject({ dispatchSeq: (first as { dispatchSeq: number }).dispatchSeq });
  expect(
    (await ledger.read(cell, id))?.record.timelineText?.split("\n").filter((line) => line.startsWith("f")),
  ).toHaveLength(1);
});

test("move: an end has one webhook event, however often the finalizer runs", async () => {
  const id = await running(cell, "task-1");
  await sendMove(cell, { id, from: ["running"], to: "finalizing", token: "a", due: { lane: "finalize", inMs: 0 } });
  const end = (token: string): Move<"finalizing"> => ({
    id,
    from: ["finalizing"],
    to: "succeeded",
    token,
    event: { endpoint: "e", url: "http://x", body: "{}" },
  });
  const moved = await Promise.all([sendMove(cell, end("b")), sendMove(cell, end("b")), sendMove(cell, end("c"))]);
  expect(moved.map(({ kind }) => kind).sort()).toEqual(["already", "conflict", "moved"]);
  expect(await ledger.countDeliveries(cell)).toEqual({ pending: 1, delivered: 0, exhausted: 0 });
});

test("intent: refused for a stale dispatch and after a requested cancel", async () => {
  const generation = newGeneration(cell);
  await ledger.accept(cell, [generation]);
  const { grants } = await ledger.admit(cell, "hiapi", generous);
  const intent = (dispatchSeq: number): Move<"queued"> => ({
    id: generation.id,
    from: ["queued"],
    to: "submitting",
    token: `t${dispatchSeq}`,
    expect: { dispatchSeq, lane: "granted", notCancelRequested: true },
    due: { lane: "submitting", inMs: 90_000 },
  });
  expect(await sendMove(cell, intent(7))).toEqual({ kind: "stale", state: "queued" });
  expect(await ledger.requestCancel(cell, generation.id, ["queued"])).toEqual({ kind: "noted", state: "queued" });
  expect(await sendMove(cell, intent(grants[0]?.dispatchSeq ?? 0))).toEqual({ kind: "canceling", state: "queued" });
});

test("bind: a second task id of one attempt is an orphan and never replaces the first", async () => {
  const id = await running(cell, "task-1");
  const moved = await sendMove(cell, {
    id,
    from: ["submitting"],
    to: "running",
    token: "late",
    bindTask: "task-2",
    due: { lane: "poll", inMs: 0 },
  });
  expect(moved).toEqual({ kind: "orphaned", state: "running" });
  expect((await ledger.read(cell, id))?.record.taskId).toBe("task-1");
  expect(await ledger.orphans(cell)).toMatchObject([{ generation: id, task: "task-2", known: "task-1" }]);
});

test("bind: a task id of another generation is refused and recorded", async () => {
  const first = await running(cell, "task-1");
  const other = newGeneration(cell);
  await ledger.accept(cell, [other]);
  await ledger.admit(cell, "hiapi", generous);
  await sendMove(cell, {
    id: other.id,
    from: ["queued"],
    to: "submitting",
    token: "o1",
    due: { lane: "submitting", inMs: 90_000 },
  });
  const moved = await sendMove(cell, {
    id: other.id,
    from: ["submitting"],
    to: "running",
    token: "o2",
    bindTask: "task-1",
    due: { lane: "poll", inMs: 0 },
  });
  expect(moved).toEqual({ kind: "taken", by: first });
  expect((await ledger.read(cell, other.id))?.record.state).toBe("submitting");
  expect(await ledger.ownerOf(cell, "hiapi", "task-1")).toBe(first);
});

const rests: [State, Move["from"][number][]][] = [
  ["failed", ["running"]],
  ["finalizing", ["running"]],
];
test.each(rests)("slot: free in %s", async (to, from) => {
  const id = await running(cell, `task-${to}`);
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(1);
  const due = to === "finalizing" ? { due: { lane: "finalize", inMs: 0 } } : {};
  await sendMove(cell, { id, from, to, token: "t", ...due } as unknown as Move);
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(0);
});

test("slot: held while unknown, in review or expired, until it is released", async () => {
  const id = await running(cell, "task-1");
  await sendMove(cell, { id, from: ["running"], to: "expired", token: "t", due: { lane: "watch", inMs: 0 } });
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(1);
  expect(await ledger.releaseSlot(cell, id, "expired", { unwatch: true })).toBe(true);
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(0);
  expect(await ledger.releaseSlot(cell, id, "expired", { unwatch: true })).toBe(true);
  expect((await ledger.accountStatus(cell, "hiapi")).inFlight).toBe(0);
});

test("budget: a reservation is spent on success and returned on failure", async () => {
  const spent = async () => (await ledger.accountStatus(cell, "hiapi")).spentTodayMicroUsd;
  const good = await running(cell, "task-1");
  const bad = await running(cell, "task-2");
  expect(await spent()).toBe(200_000);
  await sendMove(cell, { id: bad, from: ["running"], to: "failed", token: "t" });
  expect(await spent()).toBe(100_000);
  await sendMove(cell, {
    id: good,
    from: ["running"],
    to: "finalizing",
    token: "u",
    due: { lane: "finalize", inMs: 0 },
  });
  await sendMove(cell, { id: good, from: ["finalizing"], to: "succeeded", token: "v", costMicroUsd: 120_000 });
  expect(await spent()).toBe(120_000);
  expect((await ledger.read(cell, good))?.record.settledMicroUsd).toBe(120000);
});

test("cost: 0 is stored where it is known, and not where a reserve is only given back", async () => {
  const [free, back] = [await running(cell, "task-1"), await running(cell, "task-2")];
  await sendMove(cell, { id: free, from: ["running"], to: "failed", token: "t", costMicroUsd: 0 });
  await sendMove(cell, { id: back, from: ["running"], to: "failed", token: "t" });
  const costs = (await ledger.readMany(cell, [free, back])).map((found) => found?.record.settledMicroUsd);
  expect(costs).toEqual([0, undefined]);
});

test("move: the moves of one batch succeed or fail independently", async () => {
  const ids = await Promise.all([running(cell, "a"), running(cell, "b"), running(cell, "c")]);
  const moved = await sendAll(
    cell,
    [...ids, "gone"].map(
      (id, i) => ({ id, from: [i === 1 ? "finalizing" : "running"], to: "failed", token: `t${i}` }) as Move,
    ),
  );
  expect(moved.map(({ kind }) => kind)).toEqual(["moved", "conflict", "moved", "missing"]);
});

test("timeline: keeps its first and last entries when it is cut", async () => {
  const generation = newGeneration(cell);
  await ledger.accept(cell, [generation]);
  for (let i = 0; i < 120; i += 1) {
    await ledger.admit(cell, "hiapi", generous);
    await sendMove(cell, {
      id: generation.id,
      from: ["queued"],
      to: "submitting",
      token: `s${i}`,
      due: { lane: "submitting", inMs: 1 },
    });
    await sendMove(cell, {
      id: generation.id,
      from: ["submitting"],
      to: "queued",
      token: `q${i}`,
      due: { lane: "backlog" },
      note: `not sent: number ${i}`,
    });
  }
  const found = await ledger.read(cell, generation.id);
  expect(found?.record.timelineText?.length).toBeLessThan(2_100);
  const notes = ledger.timelineOf(found?.record ?? { createdAtMs: 0 }).map(({ note }) => note);
  expect(notes).toContain("not sent: number 0");
  expect(notes.at(-1)).toBe("not sent: number 119");
});
