import type { Generation } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { bring } from "@reelqueue/ledger/testing";
import type { PollResult } from "@reelqueue/providers";
import { eventually } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { providerClock } from "../accounts.ts";
import { type Account, accept, find, type Installation } from "../index.ts";
import { testInstallation } from "../test-installation.ts";
import { startPoller } from "./poller.ts";

let scope: AsyncDisposableStack;
let here: Installation;
const slow = { inFlight: 100, requestsPerMinute: 10 };
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, {
    hiapi: { limits: slow },
    jiekou: { limits: { ...slow, queriesPerMinute: 1_200 } },
    toapis: {},
  });
});
afterEach(async () => {
  await scope.disposeAsync();
});

test("polls have a bucket of their own where the provider, or the configuration, counts them apart", () => {
  const limitsOf = (name: string) => [account(name).requestsPerMinute, account(name).polls?.perMinute];
  expect(limitsOf("toapis")).toEqual([300, 3_000]);
  expect(limitsOf("jiekou")).toEqual([10, 1_200]);
  expect(limitsOf("hiapi")).toEqual([10, undefined]);
});

test("polls with a bucket of their own continue while submits have used up their rate", async () => {
  await runningTasks("jiekou", 40);
  await runningTasks("hiapi", 40);
  const counts = new Map<string, number>();
  const accounts = new Map(["jiekou", "hiapi"].map((name) => [name, counted(account(name), counts)]));
  await ledger.admit(here.cell, "jiekou", { ...account("jiekou").limits, leaseMs: 1_000 });
  scope.use(startPoller({ ...here, accounts }, { concurrency: 100, maxSleepMs: 200 }));
  await eventually(() => counts.get("jiekou") === 40, { describe: "a poll of every task", timeoutMs: 10_000 });
  // one request at once, the next after 6 s
  expect(counts.get("hiapi") ?? 0).toBeLessThanOrEqual(1);
});

test("a poll longer than its lease stays with its live poller, and its answer counts", async () => {
  await runningTasks("toapis", 1);
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  let asked = 0;
  const poll: Account["provider"]["poll"] = async () => {
    asked += 1;
    await answered;
    return { kind: "pending", phase: "running", status: "running", known: true };
  };
  const toapis = { ...account("toapis"), provider: { ...account("toapis").provider, poll } };
  // a renewal follows after half of it: a pause of this process of 400 ms is survived, as on a busy machine
  const pollLeaseMs = 800;
  const slowly = { ...here, accounts: new Map([["toapis", toapis]]), timing: { ...here.timing, pollLeaseMs } };
  for (let poller = 0; poller < 2; poller += 1) scope.use(startPoller(slowly, { concurrency: 10, maxSleepMs: 20 }));
  const ends = new Set<number>();
  const lane = here.cell.keys.due("poll", "toapis");
  const due = async () => Number((await here.cell.redis.zrangebyscore(lane, "-inf", "+inf", "WITHSCORES"))[1]);
  await eventually(async () => ends.add(await due()).size > 8, { describe: "its lease is renewed" });
  expect(asked).toBe(1);
  answer();
  await eventually(async () => (await due()) > Date.now() + 1_000, { describe: "the next poll is scheduled" });
});

test("a task beyond the longest run releases its slot and is watched: a late success is kept", async () => {
  let answer: PollResult = { kind: "pending", phase: "running", status: "running", known: true };
  // the longest run, two hours of the provider, is 100 ms here
  const toapis = polledAs("toapis", () => answer, 72_000);
  const [id = ""] = await runningTasks("toapis", 1);
  const now = async () => (await find(id, here)) as Generation;
  scope.use(startPoller({ ...here, accounts: new Map([["toapis", toapis]]) }, { concurrency: 10, maxSleepMs: 20 }));
  await eventually(async () => (await now()).state === "expired", { describe: "it expires" });
  expect((await now()).timeline.at(-1)?.note).toBe("given up after 120 min; last status running");
  expect((await ledger.accountStatus(here.cell, "toapis")).inFlight).toBe(0);
  answer = { kind: "succeeded", outputs: [] };
  await eventually(async () => (await now()).state === "finalizing", { describe: "its late success is taken" });
  expect((await now()).timeline.at(-1)?.note).toContain("paid, recovered");
});

test("a status that no document names: one alarm at once, and it stands in timeline, reason to wait and account", async () => {
  const odd = { kind: "pending", phase: "running", status: "reviewing", known: false } as const;
  const toapis = polledAs("toapis", () => odd, 3_600);
  const [id = ""] = await runningTasks("toapis", 3);
  const now = async () => (await find(id, here)) as Generation;
  scope.use(startPoller({ ...here, accounts: new Map([["toapis", toapis]]) }, { concurrency: 10, maxSleepMs: 20 }));
  await eventually(async () => (await now()).waiting !== undefined, { describe: "its status is noted" });
  expect((await now()).waiting).toBe('the provider says "reviewing", a status that no document names');
  await eventually(async () => (await now()).state === "expired", { describe: "it is given up" });
  expect((await now()).timeline.map(({ note }) => note)).toContain('the provider says "reviewing"');
  expect((await now()).timeline.at(-1)?.note).toBe("given up after 120 min; last status reviewing");
  expect(await here.metrics.text()).toMatch(/alarms_total\{kind="unknown-status"\} 1/);
  const { oddStatuses } = await ledger.accountStatus(here.cell, "toapis");
  expect(oddStatuses.map(({ status }) => status)).toEqual(["reviewing"]);
});

test.each(["expired", "canceled"] as const)("a task that its provider reports %s releases its slot", async (kind) => {
  const toapis = polledAs("toapis", () => ({ kind }), 1);
  const [id = ""] = await runningTasks("toapis", 1);
  const now = async () => (await find(id, here)) as Generation;
  expect((await ledger.accountStatus(here.cell, "toapis")).inFlight).toBe(1);
  scope.use(startPoller({ ...here, accounts: new Map([["toapis", toapis]]) }, { concurrency: 10, maxSleepMs: 20 }));
  await eventually(async () => (await now()).state === kind, { describe: "it ends" });
  expect((await now()).timeline.at(-1)?.note).toBe(`the provider says ${kind}`);
  expect((await ledger.accountStatus(here.cell, "toapis")).inFlight).toBe(0);
});

function polledAs(name: string, answer: () => PollResult, timeScale: number): Account {
  const found = account(name);
  return { ...found, clock: providerClock(timeScale), provider: { ...found.provider, poll: async () => answer() } };
}

function account(name: string): Account {
  const found = here.accounts.get(name);
  if (!found) throw new Error(`no account ${name}`);
  return found;
}

function counted(from: Account, counts: Map<string, number>): Account {
  const poll: Account["provider"]["poll"] = async () => {
    counts.set(from.name, (counts.get(from.name) ?? 0) + 1);
    return { kind: "pending", phase: "running", status: "running", known: true };
  };
  return { ...from, provider: { ...from.provider, poll } };
}

async function runningTasks(name: string, count: number): Promise<string[]> {
  const inputs = Array.from({ length: count }, () => ({ prompt: "a cup", account: name }));
  const rows = await accept(inputs, { tenant: "default" }, { ...here, accounts: new Map([[name, account(name)]]) });
  await ledger.admit(here.cell, name, { ...account(name).limits, rate: 0, leaseMs: 90_000 });
  const ids = rows.map((row) => ("id" in row ? row.id : ""));
  await bring(here.cell, ids, "running", { last: { due: { lane: "poll", inMs: 0 } } });
  return ids;
}
