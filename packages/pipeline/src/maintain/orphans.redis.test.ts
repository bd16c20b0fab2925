import * as ledger from "@reelqueue/ledger";
import type { TaskPage } from "@reelqueue/providers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { accept, admit, type Installation } from "../index.ts";
import { beginIntent } from "../submit/intent.ts";
import { bind } from "../submit/outcome.ts";
import { testInstallation } from "../test-installation.ts";
import { withReconciliation } from "../test-provider.ts";
import { findOrphans } from "./orphans.ts";

let scope: AsyncDisposableStack;
let ctx: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  ctx = await testInstallation(scope, { ark: {} });
});
afterEach(() => scope.disposeAsync());

const now = 1_790_000_000_000;
const hour = 3_600_000;

test("a task that no generation owns is recorded as an orphan, once; owned and young tasks are not", async () => {
  await bound("ours");
  const account = listing([
    [task("young", 0.2), task("ours", 2), task("second-charge", 2)],
    [task("also-lost", 5), task("of-last-week", 100)],
  ]);
  expect(await findOrphans(account, ctx, now)).toBe(2);
  expect(await findOrphans(account, ctx, now + 60_000)).toBe(0);
  expect(await orphans()).toEqual(["also-lost", "second-charge"]);
  expect(await findOrphans(account, ctx, now + hour)).toBe(1);
  expect(await orphans()).toEqual(["also-lost", "second-charge", "young"]);
});

test("a task list that could not be read is read again from the same time", async () => {
  let isDown = true;
  const account = listing([[task("lost", 2)]], () => isDown);
  expect(await findOrphans(account, ctx, now)).toBe(0);
  isDown = false;
  expect(await findOrphans(account, ctx, now + 60_000)).toBe(1);
});

test("a shared key: nothing is searched", async () => {
  const account = { ...listing([[task("theirs", 2)]]), sharedKey: true };
  expect(await findOrphans(account, ctx, now)).toBe(0);
});

function task(taskId: string, hoursAgo: number) {
  return { taskId, createdAtMs: now - hoursAgo * hour };
}

function ark(): Account {
  const account = ctx.accounts.get("ark");
  if (!account) throw new Error("ark is not there");
  return account;
}

function listing(pages: ReturnType<typeof task>[][], isDown: () => boolean = () => false): Account {
  const tasks = async (page: number): Promise<TaskPage> =>
    isDown()
      ? { kind: "unreachable", message: "503" }
      : { kind: "listed", tasks: pages[page - 1] ?? [], more: page < pages.length };
  return { ...ark(), provider: withReconciliation(ark().provider, { by: "taskList", tasks }) };
}

async function orphans(): Promise<(string | undefined)[]> {
  return (await ledger.orphans(ctx.cell)).map(({ task }) => task).sort();
}

async function bound(taskId: string): Promise<void> {
  const quiet = { ...ctx, queues: { ...ctx.queues, add: async () => {} } };
  const input = { account: "ark", prompt: "a lamp", resolution: "480p", seconds: 4 };
  const [row] = await accept([input], { tenant: "default" }, quiet);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  await admit(ark(), quiet);
  const dispatchSeq = (await ledger.read(ctx.cell, row.id))?.record.dispatchSeq ?? 0;
  const written = await beginIntent({ generation: row.id, dispatchSeq }, ledger.operationToken(), ctx);
  if (written.kind !== "written") throw new Error(written.note);
  await bind(written.intent, taskId, ctx);
}
