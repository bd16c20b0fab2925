import { readFileSync } from "node:fs";
import * as ledger from "@reelqueue/ledger";
import type { OutputStore } from "@reelqueue/media";
import type { CandidatePage, PollResult, Provider, SubmitResult, TaskList } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callbackToken } from "./callback-url.ts";
import { type Account, accept, admit, callback, finalize, type Installation, submit } from "./index.ts";
import { review } from "./operate/review.ts";
import { startPoller } from "./poll/poller.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { testInstallation } from "./test-installation.ts";
import { withReconciliation } from "./test-provider.ts";

/** Fields that a change of state clears, and fields that must survive it. */
let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const opened = await testInstallation(scope, { ark: { quietMs: 0, timeScale: 3_000, chargesFailures: false } });
  const timing = { ...opened.timing, absencesApartMs: 1 };
  here = { ...opened, timing, queues: { ...opened.queues, add: async () => {} } };
});
afterEach(async () => {
  expect(await ledger.audit(here.cell)).toEqual([]);
  await scope.disposeAsync();
});

const scripts = new URL("../../ledger/src/scripts/", import.meta.url);
/** The script of the ledger, as a process sends it that replays its recent transitions. */
const moveScript = readFileSync(new URL("move.lua", scripts), "utf8").replace(/^--- @include (\w+)$/gm, (_, name) =>
  readFileSync(new URL(`include/${name}.lua`, scripts), "utf8"),
);
const lost: SubmitResult = { kind: "unknown", message: "reset", evidence: "nothing" };
const absent: CandidatePage = { kind: "listed", candidates: [], more: false };
const pending: PollResult = { kind: "pending", phase: "running", status: "running", known: true };

test("review → sent: earlier absent look-ups do not count as 404s of the task", async () => {
  const id = await inReviewAfterTwoAbsences();
  const accounts = new Map([["ark", ark({ poll: async () => pending })]]);
  const sent = { kind: "sent", taskId: "task-1" } as const;
  expect(await review(id, sent, { ...here, accounts })).toEqual({ kind: "settled", state: "running" });
  await pollOnce(id, { kind: "missing", message: "404" });
  expect(await stateOf(id)).toBe("running");
});

test("review → unsent: earlier absent look-ups prove nothing about the next lost POST", async () => {
  const id = await inReviewAfterTwoAbsences();
  expect(await review(id, { kind: "unsent" }, here)).toEqual({ kind: "settled", state: "queued" });
  await submitWith(id, async () => lost);
  await reconcileWith(id, async () => absent);
  expect(await stateOf(id)).toBe("unknown");
});

test("new attempt: its run time is not mixed with the age of the previous attempt", async () => {
  const id = await queued();
  await submitWith(id, async () => ({ kind: "accepted", taskId: "task-1" }));
  await pollOnce(id, pending);
  await pollOnce(id, { kind: "failed", failure: { class: "upstream", message: "gpu lost" } });
  expect(await stateOf(id)).toBe("queued");
  expect(await stored(id, "seen")).toBeNull();
});

test("finalize: a repeated write after a lost answer is recognised", async () => {
  const id = await queued();
  await submitWith(id, async () => ({ kind: "accepted", taskId: "task-1" }));
  const url = "http://127.0.0.1:1/v.mp4";
  await pollOnce(id, { kind: "succeeded", outputs: [{ kind: "video", url }] });
  const outputs: OutputStore = {
    ...here.outputs,
    download: async () => ({ kind: "stored", key: "v.mp4", bytes: 7, sha256: "00", contentType: "video/mp4" }),
    manifest: async () => "written",
  };
  const cell = losesOneAnswer(here.cell, '"to":"succeeded"');
  await finalize(await jobOf(id), new AbortController().signal, { ...here, cell, outputs });
  expect(await stateOf(id)).toBe("succeeded");
  const { values } = await here.meters.outputBytes.get();
  expect(values.map(({ value }) => value)).toEqual([7]);
});

test("submitting → queued: a callback during a throttled POST prevents the next POST", async () => {
  const id = await queued();
  const posted: string[] = [];
  await submitWith(id, async () => {
    posted.push("first");
    await callsBack(id, "task-1");
    return { kind: "throttled", message: "429", retryAfterMs: 0 };
  });
  expect(await stateOf(id)).toBe("queued");
  await submitWith(id, async () => {
    posted.push("second");
    return { kind: "accepted", taskId: "task-2" };
  });
  expect(posted).toEqual(["first"]);
  expect([await stateOf(id), await stored(id, "hint")]).toEqual(["unknown", "task-1"]);
});

test("unknown → queued: a callback during the last look-up prevents the next POST", async () => {
  const id = await queued();
  await submitWith(id, async () => lost);
  for (let absences = 0; absences < 2; absences += 1) await reconcileWith(id, async () => absent);
  await reconcileWith(id, async () => {
    await callsBack(id, "task-1");
    return absent;
  });
  expect([await stateOf(id), await stored(id, "hint")]).toEqual(["unknown", "task-1"]);
});

test("review → unsent: refused where a task is bound or a callback has named one", async () => {
  const [bound, named] = [await inReviewAfterTwoAbsences(), await inReviewAfterTwoAbsences()];
  await here.cell.redis.hset(here.cell.keys.record(bound), "task", "task-1");
  await callsBack(named, "task-2");
  expect(await review(bound, { kind: "unsent" }, here)).toEqual({ kind: "task_known", taskId: "task-1" });
  expect(await review(named, { kind: "unsent" }, here)).toEqual({ kind: "task_known", taskId: "task-2" });
  for (const id of [bound, named]) {
    const found = await ledger.read(here.cell, id);
    const moved = found && (await here.transitions.resubmitByOperator(found));
    expect(moved).toEqual({ kind: "stale", state: "needs_review" });
  }
});

test("review → unsent: a replay after a failover does not settle a later review", async () => {
  const id = await inReviewAfterTwoAbsences();
  const found = await ledger.read(here.cell, id);
  if (!found) throw new Error("no such generation");
  expect(await here.transitions.resubmitByOperator(found)).toMatchObject({ kind: "moved" });
  await submitWith(id, async () => lost);
  await reconcileWith(id, async () => ({ ...absent, more: true }));
  expect(await here.transitions.resubmitByOperator(found)).toEqual({ kind: "stale", state: "needs_review" });
  for (const text of here.cell.recentMoves.texts()) await here.cell.redis.eval(moveScript, 1, here.cell.prefix, text);
  expect(await stateOf(id)).toBe("needs_review");
});

function ark(change: Partial<Provider> = {}): Account {
  const account = here.accounts.get("ark");
  if (!account) throw new Error("ark is not there");
  return { ...account, provider: { ...account.provider, ...change } };
}

async function queued(): Promise<string> {
  const input = { account: "ark", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, here);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  return row.id;
}

async function submitWith(id: string, post: Provider["submit"]): Promise<void> {
  await ledger.resume(here.cell, "ark");
  await admit(ark(), here);
  await submit(await jobOf(id), { ...here, accounts: new Map([["ark", ark({ submit: post })]]) });
}

/** Reconciles its unknown submit once. */
async function reconcileWith(id: string, candidates: TaskList["candidates"]): Promise<void> {
  await here.cell.redis.zadd(here.cell.keys.due("unknown", "ark"), "XX", 1, id);
  const provider = withReconciliation(ark().provider, { by: "taskList", candidates });
  expect(await reconcile({ ...ark(), provider }, here)).toBe(1);
}

/** In review after a lost POST, two absent look-ups and an inconclusive one. */
async function inReviewAfterTwoAbsences(): Promise<string> {
  const id = await queued();
  await submitWith(id, async () => lost);
  for (let absences = 0; absences < 2; absences += 1) await reconcileWith(id, async () => absent);
  await reconcileWith(id, async () => ({ ...absent, more: true }));
  expect(await stateOf(id)).toBe("needs_review");
  return id;
}

/** Polls its task once and waits until the answer is written. */
async function pollOnce(id: string, answer: PollResult): Promise<void> {
  const lane = here.cell.keys.due("poll", "ark");
  await here.cell.redis.zadd(lane, "XX", 1, id);
  const accounts = new Map([["ark", ark({ poll: async () => answer })]]);
  await using _ = startPoller({ ...here, accounts }, { concurrency: 1, maxSleepMs: 20 });
  await eventually(async () => Number((await here.cell.redis.zscore(lane, id)) ?? Number.POSITIVE_INFINITY) > 1, {
    describe: "the poll is claimed",
    everyMs: 1,
  });
}

async function callsBack(id: string, taskId: string): Promise<void> {
  const raw = Buffer.from(JSON.stringify({ id: taskId, status: "running" }));
  const token = callbackToken(here.secrets.callbackKey, { account: "ark", generation: id, attempt: 1 });
  expect(await callback({ account: "ark", token, raw, headers: {} }, here)).toEqual({ kind: "heard" });
}

/** The cell over a connection that loses the answer to the first script whose argument contains the text. */
function losesOneAnswer(cell: ledger.Cell, text: string): ledger.Cell {
  let lose = true;
  const redis = new Proxy(cell.redis, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (name !== "evalsha" && name !== "eval") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: string[]) => {
        const answer = await value.apply(target, args);
        if (!lose || !args.some((arg) => String(arg).includes(text))) return answer;
        lose = false;
        throw new Error("Connection is closed.");
      };
    },
  });
  return { ...cell, redis };
}

async function jobOf(id: string): Promise<{ generation: string; dispatchSeq: number }> {
  return { generation: id, dispatchSeq: Number(await stored(id, "n")) };
}

const stateOf = (id: string): Promise<string | null> => stored(id, "state");

function stored(id: string, field: string): Promise<string | null> {
  return here.cell.redis.hget(here.cell.keys.record(id), field);
}
