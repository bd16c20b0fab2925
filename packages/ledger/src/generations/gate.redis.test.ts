import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { generous, newGeneration, testCell } from "../test-cell.ts";
import { cutOffReplica, replayMoves, takeOver } from "../testing/index.ts";

let cell: ledger.Cell;
let transitions: ledger.Transitions;
beforeEach(async () => {
  cell = await testCell();
  transitions = new ledger.Transitions(cell);
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

const begin = (job: Granted, token = "t") => transitions.begin(job, { token, leaseMs: 60_000 });
const status = () => ledger.accountStatus(cell, "hiapi");

test.each([
  ["paused", () => ledger.pause(cell, "hiapi", "bad key")],
  ["throttled", () => ledger.throttle(cell, "hiapi", 30_000)],
])("begin: an account that is %s gives the generation back, with slot, reserve and place", async (why, close) => {
  const [first, second] = await granted(2);
  const waiting = newGeneration(cell);
  await ledger.accept(cell, [waiting]);
  await close();
  expect(await begin(first)).toEqual({ kind: "given_back", state: "queued", why, account: "hiapi" });
  expect(await recordOf(first)).toMatchObject({ state: "queued", lane: "backlog", dispatchSeq: first.dispatchSeq });
  expect(await recordOf(first)).not.toHaveProperty("token");
  expect(await status()).toMatchObject({ inFlight: 1, spentTodayMicroUsd: 100_000, waiting: 2 });
  await begin(second);
  expect(await status()).toMatchObject({ inFlight: 0, spentTodayMicroUsd: 0, waiting: 3, lanes: { granted: 0 } });
  await ledger.resume(cell, "hiapi");
  const { grants } = await ledger.admit(cell, "hiapi", generous);
  expect(grants.map(({ generation }) => generation)).toEqual([first.generation, second.generation, waiting.id]);
  expect(await begin({ ...first, dispatchSeq: first.dispatchSeq + 1 }, "u")).toMatchObject({ kind: "moved" });
  const { record } = (await ledger.read(cell, first.generation)) ?? {};
  expect(ledger.timelineOf(record ?? { createdAtMs: 0 }).map(({ note }) => note)).toContain(
    `given back: account ${why}`,
  );
});

test("begin: sent again, it is not made after it was given back, and made once where it was made", async () => {
  const [back, started] = await granted(2);
  expect(await begin(started)).toMatchObject({ kind: "moved" });
  await ledger.pause(cell, "hiapi", "by hand");
  expect(await begin(started)).toMatchObject({ kind: "already" });
  expect(await begin(back)).toMatchObject({ kind: "given_back" });
  await ledger.resume(cell, "hiapi");
  expect(await begin(back)).toEqual({ kind: "stale", state: "queued" });
  expect(await status()).toMatchObject({ inFlight: 1, spentTodayMicroUsd: 100_000 });
});

test("begin: a stale job of a paused account gives nothing back", async () => {
  const [job] = await granted(1);
  await ledger.pause(cell, "hiapi", "by hand");
  expect(await begin({ ...job, dispatchSeq: 7 })).toEqual({ kind: "stale", state: "queued" });
  expect(await recordOf(job)).toMatchObject({ lane: "granted", holdsSlot: true });
});

test("begin: lost in a failover, it is made again although the account is paused meanwhile: its POST was sent", async () => {
  const [job] = await granted(1);
  const replica = await cutOffReplica(cell);
  expect(await begin(job)).toMatchObject({ kind: "moved" });
  await takeOver(cell, replica);
  await ledger.pause(cell, "hiapi", "by hand");
  expect(await recordOf(job)).toMatchObject({ lane: "granted" });
  expect(await replayMoves(cell)).toBe(1);
  expect(await recordOf(job)).toMatchObject({ state: "submitting", token: "t" });
  expect(await status()).toMatchObject({ inFlight: 1, spentTodayMicroUsd: 100_000 });
});

interface Granted {
  generation: string;
  dispatchSeq: number;
}

async function granted<const Count extends 1 | 2>(
  count: Count,
): Promise<Count extends 1 ? [Granted] : [Granted, Granted]>;
async function granted(count: number): Promise<Granted[]> {
  await ledger.accept(
    cell,
    Array.from({ length: count }, () => newGeneration(cell)),
  );
  return (await ledger.admit(cell, "hiapi", generous)).grants;
}

async function recordOf({ generation }: Granted) {
  return (await ledger.read(cell, generation))?.record;
}
