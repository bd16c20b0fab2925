import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { accept, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { storeResult } from "../submit/outcome.ts";
import { testInstallation } from "../test-installation.ts";
import { startMaintenance } from "./maintain.ts";
import { redispatch } from "./redispatch.ts";

test("a generation that this process cannot read keeps no other from being recovered", async () => {
  await using scope = new AsyncDisposableStack();
  const deps = withoutJobs(await testInstallation(scope, { jiekou: { quietMs: 0 } }));
  const [strange = "", lost = "", waiting = ""] = await queued(3, deps);
  for (const id of [strange, lost]) await loseAnswer(id, deps);
  await deps.cell.redis.set(deps.cell.keys.request(strange), '9{"a":"newer form"}');
  for (const id of [strange, lost]) await deps.cell.redis.zadd(deps.cell.keys.due("unknown", "jiekou"), 1, id);
  await deps.cell.redis.zadd(deps.cell.keys.due("granted", "jiekou"), 1, waiting);
  const before = await nOf(waiting, deps);
  await using _ = startMaintenance(deps, () => {}, { retentionMs: 1e9 });
  await eventually(async () => (await ledger.read(deps.cell, lost))?.record.state === "needs_review", {
    describe: "the other one is settled",
  });
  await eventually(async () => (await nOf(waiting, deps)) > before, { describe: "the third is handed over again" });
  expect(await deps.cell.redis.hget(deps.cell.keys.record(strange), "state")).toBe("unknown");
});

test("a provider that hangs while it is asked about a lost POST keeps nobody else waiting", async () => {
  await using scope = new AsyncDisposableStack();
  const deps = withoutJobs(await testInstallation(scope, { hiapi: { timeScale: 100 } }));
  const hiapi = deps.accounts.get("hiapi");
  if (!hiapi) throw new Error("hiapi is not there");
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<never>();
  const submit = () => {
    asked.resolve();
    return answered.promise;
  };
  const accounts = new Map([...deps.accounts, ["hiapi", { ...hiapi, provider: { ...hiapi.provider, submit } }]]);
  const [lost = ""] = await queued(1, deps, "hiapi");
  await loseAnswer(lost, deps);
  const recovery = startMaintenance({ ...deps, accounts }, () => {}, { retentionMs: 1e9 });
  await asked.promise;
  const [waiting = ""] = await queued(1, deps);
  const before = await nOf(waiting, deps);
  await deps.cell.redis.zadd(deps.cell.keys.due("granted", "jiekou"), 1, waiting);
  await eventually(async () => (await nOf(waiting, deps)) > before, { describe: "it is handed over again" });
  answered.reject(new Error("gave up"));
  await recovery[Symbol.asyncDispose]();
});

test("a job that fails at once is handed over again once in a lease, not in every turn", async () => {
  await using scope = new AsyncDisposableStack();
  const deps = withoutJobs(await testInstallation(scope));
  const [id = ""] = await queued(1, deps);
  const before = await nOf(id, deps);
  for (let turn = 0; turn < 10; turn += 1) await redispatch(deps);
  expect(await nOf(id, deps)).toBe(before + 1);
});

/** BullMQ in which nothing stays: what is added is gone at once. */
function withoutJobs(deps: Installation): Installation {
  return { ...deps, queues: { ...deps.queues, add: async () => {}, isIdle: async () => true } };
}

async function queued(count: number, deps: Installation, account = "jiekou"): Promise<string[]> {
  const input = { account, prompt: "a lamp", resolution: "480p", seconds: 4 };
  const rows = await accept(
    Array.from({ length: count }, () => input),
    { tenant: "default" },
    deps,
  );
  return rows.map((row) => (row.kind === "accepted" ? row.id : ""));
}

async function loseAnswer(id: string, deps: Installation): Promise<void> {
  const begun = await beginIntent({ generation: id, n: await nOf(id, deps) }, ledger.operationToken(), deps);
  if (begun.kind !== "begun") throw new Error(begun.note);
  await storeResult(begun.intent, { kind: "unknown", message: "reset", evidence: "nothing" }, deps);
}

async function nOf(id: string, { cell }: Installation): Promise<number> {
  return Number(await cell.redis.hget(cell.keys.record(id), "n"));
}
