import { readFileSync } from "node:fs";
import type { State } from "@reelqueue/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as ledger from "../index.ts";
import { generous, newGeneration, running, testCell } from "../test-cell.ts";
import { type Move, sendMove } from "../testing/index.ts";
import { clearedOnEntry } from "./cleared-on-entry.ts";

let cell: ledger.Cell;
beforeEach(async () => {
  cell = await testCell();
});
afterEach(async () => {
  expect(await ledger.audit(cell)).toEqual([]);
  await cell[Symbol.asyncDispose]();
});

const failure = { class: "upstream", message: "gpu lost" } as const;
const because = { expect: { dispatchSeq: 1 }, due: { lane: "backlog" }, note: "" } as const;

/** One call of each transition. */
function calls(
  it: ledger.Transitions,
  found: ledger.Found,
): Record<keyof ledger.Transitions, () => Promise<unknown>[]> {
  const { id } = found;
  const intent = { id, token: "t", attempt: 1, account: { name: "hiapi" } };
  const unknown = { id, sinceToken: "t", callbackTaskId: "" };
  const lost = {
    ...found,
    record: { ...found.record, taskId: "task-1", failure: { ...failure, class: "output_lost" } },
  };
  const task = { remoteOutputs: [], finalizePriority: 1, finishedAtMs: 1, usage: {} };
  const job = { generation: id, dispatchSeq: 1 };
  return {
    begin: () => [it.begin(job, { token: "t", leaseMs: 1 })],
    bind: () => [it.bind(intent, "task-1", 1)],
    requeue: () => [
      it.requeue({ ...intent, from: "submitting" }, "", { lane: "backoff", inMs: 1 }, 1),
      it.requeue({ ...intent, from: "unknown" }, "", { lane: "backlog" }),
    ],
    reject: () => (["submitting", "unknown"] as const).map((from) => it.reject({ ...intent, from }, failure)),
    markUnknown: () => [it.markUnknown(intent, "", "")],
    expireLease: () => [it.expireLease(intent, { quietFromMs: 1, crashes: { count: 1, atMs: 1 } })],
    resubmit: () => [it.resubmit(unknown, "")],
    resubmitAsNewAttempt: () => [it.resubmitAsNewAttempt(unknown, lost as ledger.Found, "")],
    escalate: () => [it.escalate(unknown, "", 1)],
    finishTask: () =>
      (["running", "expired"] as const).map((from) => it.finishTask({ id, taskId: "task-1", from }, task, 1)),
    fail: () => [it.fail(found, "task-1", failure, false)],
    endAsProviderSays: () =>
      (["canceled", "expired"] as const).map((state) => it.endAsProviderSays(id, "task-1", state)),
    expireOverdue: () => [it.expireOverdue(id, "task-1", "")],
    startNextAttempt: () => [
      it.startNextAttempt(found, ["running"], { ...because, due: { lane: "backoff", inMs: 1 } }),
      it.startNextAttempt(found, ["failed", "expired"], because),
    ],
    redownload: () => [it.redownload(lost as ledger.Found, 1)],
    startUpload: () => [it.startUpload(job, "")],
    finishUpload: () => [it.finishUpload(id, "")],
    failUpload: () => [it.failUpload(id, failure)],
    succeed: () => [it.succeed(found, "t", { outputs: [], costMicroUsd: 1 })],
    loseOutput: () => [it.loseOutput(found, "t", "")],
    failAfterAll: () => [it.failAfterAll(found, "t", failure, false)],
    bindByOperator: () => [it.bindByOperator(found, "task-1")],
    resubmitByOperator: () => [it.resubmitByOperator(found)],
    giveUp: () => [it.giveUp(found)],
    cancel: () => [it.cancel(id, ["queued", "preparing", "running"], "")],
    expire: () => (["queued", "preparing", "running"] as const).map((from) => it.expire(id, from)),
  };
}

describe("docs/states.md", () => {
  test("has the table of transitions of the code (`npm test -- -u` with this file prints it)", async () => {
    const page = new URL("../../../../docs/states.md", import.meta.url);
    const table = await transitionTable();
    const [before = "", after = ""] = readFileSync(page, "utf8").split(
      /<!-- transitions -->[\s\S]*<!-- \/transitions -->/,
    );
    const printed = `${before}<!-- transitions -->\n\n${table}\n\n<!-- /transitions -->${after}`;
    await expect(printed).toMatchFileSnapshot(page.pathname);
  });
});

async function transitionTable(): Promise<string> {
  const generation = newGeneration(cell, {
    request: JSON.stringify({ prompt: "a cup", webhook: "https://example.com/hook" }),
  });
  await ledger.accept(cell, [generation]);
  const found = await ledger.read(cell, generation.id);
  if (!found) throw new Error("not accepted");
  const sent: Move[] = [];
  const recording = new ledger.Transitions(cell, undefined, async (_, step) => {
    sent.push(step);
    return { kind: "missing" };
  });
  const rows: string[] = [];
  for (const [name, call] of Object.entries(calls(recording, found))) {
    sent.length = 0;
    await Promise.all(call());
    rows.push(rowOf(name, sent));
  }
  const known = Object.getOwnPropertyNames(ledger.Transitions.prototype).filter((name) => name !== "constructor");
  expect(rows.map((row) => row.split("`")[1]).sort()).toEqual(known.sort());
  const head =
    "| transition | from | to | sets | clears | due | webhook |\n| --- | --- | --- | --- | --- | --- | --- |";
  return [head, ...rows].join("\n");
}

/** Row of one transition: the union of its moves. */
function rowOf(name: string, moves: readonly Move[]): string {
  const all = <T>(pick: (move: Move) => readonly T[]) => [...new Set(moves.flatMap(pick))];
  const sets = all((move) => [
    ...(move.bindTask === undefined ? [] : ["taskId"]),
    ...(move.dispatch ? ["dispatchSeq + 1"] : []),
    ...Object.keys(move.set ?? {}),
  ]);
  const clears = all(({ clear = [], set = {} }) => clear.filter((field) => set[field] === undefined));
  const lanes = all(({ due }) => (due === undefined ? [] : [due.lane as string]));
  const webhook = moves.every(({ event }) => event !== undefined);
  const cells = [all(({ from }) => from), all(({ to }) => [to]), sets, clears, lanes];
  return `| \`${name}\` | ${cells.map((cell) => cell.join(", ") || "–").join(" | ")} | ${webhook ? "yes" : "–"} |`;
}

test("clearedOnEntry: its fields are absent after the state is entered", async () => {
  const id = await running(cell, "task-1");
  const counts = { polls: 3, missingPolls: { count: 2, atMs: 1 }, consecutiveErrors: 4, ageAtLastPollMs: 5 };
  await ledger.updateFields(cell, id, { ...counts, downloadAttempts: 7 });
  const transitions = new ledger.Transitions(cell);
  const task = { remoteOutputs: [], finalizePriority: 1, finishedAtMs: 1, usage: { tokens: 1 } };
  await transitions.finishTask({ id, taskId: "task-1", from: "running" }, task, 1_000);
  await expectCleared(id, "finalizing", ["progress"]);
  const found = await ledger.read(cell, id);
  if (!found) throw new Error("no record");
  await transitions.succeed(found, "end", { outputs: [] });
  await expectCleared(id, "succeeded");
});

async function expectCleared(id: string, state: State, butSet: readonly string[] = []): Promise<void> {
  const record = (await ledger.read(cell, id))?.record;
  expect(record?.state).toBe(state);
  const cleared = clearedOnEntry[state].filter((name) => !butSet.includes(name));
  expect(cleared.length).toBeGreaterThan(0);
  for (const name of cleared) expect(record?.[name], name).toBeUndefined();
}

describe("lost output", () => {
  test("redownload → same attempt and task, no slot, next dispatch number", async () => {
    const { found, transitions } = await lost();
    const before = await ledger.accountStatus(cell, "hiapi");
    expect(await transitions.redownload(found, 1_000)).toMatchObject({
      kind: "moved",
      dispatchSeq: found.record.dispatchSeq + 1,
    });
    const again = (await ledger.read(cell, found.id))?.record;
    expect(again).toMatchObject({ state: "finalizing", lane: "finalize", attempt: 1, taskId: "task-1" });
    expect([again?.failure, again?.holdsSlot]).toEqual([undefined, undefined]);
    const after = await ledger.accountStatus(cell, "hiapi");
    expect([after.inFlight, after.spentTodayMicroUsd]).toEqual([before.inFlight, before.spentTodayMicroUsd]);
  });

  test("concurrent redownloads → one is applied", async () => {
    const { found, transitions } = await lost();
    const kinds = await Promise.all([1, 2, 3].map(async () => (await transitions.redownload(found, 1_000)).kind));
    expect(kinds.sort()).toEqual(["conflict", "conflict", "moved"]);
  });

  test("never returns to the queue", async () => {
    const { found, transitions } = await lost();
    expect(await transitions.startNextAttempt(found, ["failed"], because)).toEqual({
      kind: "conflict",
      state: "failed",
    });
    expect((await ledger.read(cell, found.id))?.record.state).toBe("failed");
  });
});

test("redownload: refused for every other failure and without a bound task", async () => {
  const { found, transitions } = await lost();
  const others = [
    { ...found, record: { ...found.record, failure } },
    { ...found, record: (({ taskId, ...rest }) => rest)(found.record) },
  ];
  for (const other of others)
    expect(await transitions.redownload(other, 1_000)).toEqual({ kind: "conflict", state: "failed" });
});

/** A generation with a lost output. */
async function lost(): Promise<{ found: ledger.Found; transitions: ledger.Transitions }> {
  const id = await running(cell, "task-1");
  const transitions = new ledger.Transitions(cell);
  const task = { remoteOutputs: [], finalizePriority: 1, finishedAtMs: 1 };
  await transitions.finishTask({ id, taskId: "task-1", from: "running" }, task, 1_000);
  const finished = await ledger.read(cell, id);
  if (finished) await transitions.loseOutput(finished, "lost", "404");
  const found = await ledger.read(cell, id);
  if (found?.record.state !== "failed") throw new Error("no lost output");
  return { found, transitions };
}

test("move: an expected task id makes the first intent stale", async () => {
  const generation = newGeneration(cell);
  await ledger.accept(cell, [generation]);
  await ledger.admit(cell, "hiapi", generous);
  const step: Move<"queued"> = {
    id: generation.id,
    from: ["queued"],
    to: "submitting",
    token: "t",
    expect: { taskId: "task-1" },
    due: { lane: "submitting", inMs: 1_000 },
  };
  expect(await sendMove(cell, step as unknown as Move)).toEqual({ kind: "stale", state: "queued" });
});
