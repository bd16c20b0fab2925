import * as ledger from "@reelqueue/ledger";
import { type LocalRedis, startLocalRedis } from "@reelqueue/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account, generations, idOf, tasks } from "./generations.ts";
import { once, sequence } from "./operations.ts";
import { empty, type Ledger } from "./reducer.ts";

let redis: LocalRedis;
let cell: ledger.Cell;
beforeAll(async () => {
  redis = await startLocalRedis({ appendonly: "no" });
  cell = ledger.openCell({ url: redis.url, cell: "model", role: "worker" });
  await ledger.awaitReady(cell, 5_000);
  // Loads every script: one that Redis does not have is sent twice and would run after the next.
  for (const operation of once) await operation.onBoth(empty(), cell).script;
  // commands that are sent together share one write to the socket
  cell.redis.options.enableAutoPipelining = true;
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await redis.stop();
});

const sequences = Number(process.env.CHAOS_SEQUENCES ?? 1_500);

test(`ledger scripts: same states, lanes, slots, money and answers as a pure reducer in ${sequences} random sequences`, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(sequence, async (operations) => {
      await cell.redis.flushdb();
      const model = empty();
      const answers = operations.map((operation) => operation.onBoth(model, cell));
      const actual = await Promise.all(answers.map(({ script }) => script));
      expect(actual).toEqual(answers.map((answer) => answer.expected));
      for (const answer of actual) count(seen, answer);
      expect(await stored()).toEqual(expectedState(model));
      expect(await ledger.audit(cell)).toEqual([]);
    }),
    { numRuns: sequences },
  );
  // Every kind of answer occurred.
  for (const answer of [
    "moved",
    "already",
    "conflict",
    "stale",
    "canceling",
    "taken",
    "orphaned",
    "given_back",
    "missing",
  ])
    expect(seen.get(answer), answer).toBeGreaterThan(5);
}, 600_000);

function count(seen: Map<string, number>, answer: unknown): void {
  const kind = answer instanceof Object && "kind" in answer ? String(answer.kind) : "";
  seen.set(kind, (seen.get(kind) ?? 0) + 1);
}

/** The content of Redis according to the reducer. */
function expectedState({ recs, inFlight, spent, orphans, owners, named }: Ledger) {
  return {
    records: Object.fromEntries(
      [...recs].map(([id, rec]) => {
        const { state, lane, dispatchSeq, token, attempt, slot, held = null, cost = null, cancel } = rec;
        const numbers = { n: String(dispatchSeq), attempt: String(attempt), held, cost };
        return [id, { state, lane, token, task: rec.taskId, slot, cancel, hint: rec.callbackTaskId, ...numbers }];
      }),
    ),
    inFlight,
    spent,
    orphans,
    named: [...named].sort(),
    owners: tasks.map((task) => owners.get(task)),
  };
}

/** The content of Redis. */
async function stored() {
  const { redis, keys } = cell;
  const [found, fields, orphans, named, owners] = await Promise.all([
    Promise.all([...generations.keys()].map((which) => redis.hgetall(keys.record(idOf(which))))),
    redis.hgetall(keys.account(account)),
    ledger.orphans(cell, 1_000),
    ledger.dueNamedTasks(cell, account, 1_000),
    Promise.all(tasks.map((task) => ledger.ownerOf(cell, account, task))),
  ]);
  const spent = Object.entries(fields).filter(([name]) => name.startsWith("spent:"));
  return {
    records: Object.fromEntries(
      found.flatMap((record, which) => (record.state === undefined ? [] : [[idOf(which), storedRecord(record)]])),
    ),
    inFlight: Number(fields.inFlight ?? 0),
    spent: spent.reduce((sum, [, value]) => sum + Number(value), 0),
    orphans: orphans.map(({ task }) => task).reverse(),
    named: named.map(({ generation, taskId }) => `${generation} ${taskId}`).sort(),
    owners,
  };
}

function storedRecord(record: Record<string, string>) {
  const { state, lane = "", n, token = "", attempt, task = "", slot, held, cost, cancel, hint = "" } = record;
  const flags = { slot: slot !== undefined, cancel: cancel !== undefined };
  const amount = (text: string | undefined) => (text === undefined ? null : Number(text));
  const numbers = { n, attempt, held: amount(held), cost: amount(cost) };
  return { state, lane, token, task, hint, ...flags, ...numbers };
}
