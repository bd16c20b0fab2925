import type { Command, Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { running, testCell } from "../test-cell.ts";
import { sendMove } from "../testing/index.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(() => cell[Symbol.asyncDispose]());

test("batching: concurrent moves and reads share one script each", async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => running(cell, `task-${i}`)));
  const sent = scriptsOf(cell);
  const moved = await Promise.all(ids.map(fail));
  expect(moved.map(({ kind }) => kind)).toEqual(ids.map(() => "moved"));
  const found = await Promise.all(ids.map((id) => ledger.read(cell, id)));
  expect(found.map((each) => each?.id)).toEqual(ids);
  expect(sent.count).toBe(2);
});

test("batching: a damaged or newer record fails no other call of its batch", async () => {
  const [good = "", broken = "", newer = ""] = await Promise.all(["a", "b", "c"].map((task) => running(cell, task)));
  await cell.redis.set(cell.keys.record(broken), "no hash");
  await cell.redis.hset(cell.keys.record(newer), "v", "2");
  const reads = await Promise.allSettled([ledger.read(cell, good), ledger.read(cell, newer)]);
  expect(reads).toMatchObject([{ value: { id: good } }, { reason: { kind: "version" } }]);
  const moves = await Promise.allSettled([fail(broken), fail(good)]);
  expect(moves).toMatchObject([{ reason: { kind: "script_error" } }, { value: { kind: "moved" } }]);
});

function fail(id: string): Promise<ledger.Moved> {
  return sendMove(cell, { id, from: ["running"], to: "failed", token: `end ${id}` });
}

/** Counts the scripts that are sent from now on. */
function scriptsOf({ redis }: ledger.Cell): { count: number } {
  const sent = { count: 0 };
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command: Command, stream?: Parameters<Redis["sendCommand"]>[1]) => {
    if (command.name.startsWith("evalsha")) sent.count += 1;
    return send(command, stream);
  };
  return sent;
}
