import * as ledger from "@reelqueue/ledger";
import { expect, test } from "vitest";
import { accept, type Installation } from "../index.ts";
import { begin } from "../submit/begin.ts";
import { settle } from "../submit/settle.ts";
import { testInstallation } from "../test-installation.ts";
import { operationToken } from "../token.ts";
import { handOverAgain } from "./hand-over-again.ts";
import { recoverOnce } from "./index.ts";

test("a generation that this process cannot read keeps no other from being recovered", async () => {
  await using scope = new AsyncDisposableStack();
  const deps = withoutJobs(await testInstallation(scope));
  const [strange = "", lost = "", waiting = ""] = await queued(3, deps);
  for (const id of [strange, lost]) await loseAnswer(id, deps);
  await deps.cell.redis.set(deps.cell.keys.request(strange), '9{"a":"newer form"}');
  for (const id of [strange, lost]) await deps.cell.redis.zadd(deps.cell.keys.due("unknown", "jiekou"), 1, id);
  await deps.cell.redis.zadd(deps.cell.keys.due("granted", "jiekou"), 1, waiting);
  const before = await nOf(waiting, deps);
  await recoverOnce(1, deps, () => {}, { retentionMs: 1e9 });
  expect(await deps.cell.redis.hget(deps.cell.keys.record(strange), "state")).toBe("unknown");
  expect((await ledger.read(deps.cell, lost))?.record.state).toBe("needs_review");
  expect(await nOf(waiting, deps)).toBe(before + 1);
});

test("a job that fails at once is handed over again once in a lease, not in every turn", async () => {
  await using scope = new AsyncDisposableStack();
  const deps = withoutJobs(await testInstallation(scope));
  const [id = ""] = await queued(1, deps);
  const before = await nOf(id, deps);
  for (let turn = 0; turn < 10; turn += 1) await handOverAgain(deps);
  expect(await nOf(id, deps)).toBe(before + 1);
});

/** BullMQ in which nothing stays: what is added is gone at once. */
function withoutJobs(deps: Installation): Installation {
  return { ...deps, queues: { ...deps.queues, add: async () => {}, isIdle: async () => true } };
}

async function queued(count: number, deps: Installation): Promise<string[]> {
  const input = { account: "jiekou", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const rows = await accept(
    Array.from({ length: count }, () => input),
    { tenant: "default" },
    deps,
  );
  return rows.map((row) => (row.kind === "accepted" ? row.id : ""));
}

async function loseAnswer(id: string, deps: Installation): Promise<void> {
  const begun = await begin({ generation: id, n: await nOf(id, deps) }, operationToken(), deps);
  if (begun.kind !== "begun") throw new Error(begun.note);
  await settle(begun.intent, { kind: "unknown", message: "reset", evidence: "nothing" }, deps);
}

async function nOf(id: string, { cell }: Installation): Promise<number> {
  return Number(await cell.redis.hget(cell.keys.record(id), "n"));
}
