import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Account, accept, type Installation } from "./index.ts";
import { applyDecision } from "./poll/apply.ts";
import { testInstallation } from "./test-installation.ts";

/** `generations_total`: one for each move into a resting state, whichever stage makes it. */
let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, { toapis: { chargesFailures: false } });
});
afterEach(() => scope.disposeAsync());

test("generations_total: a failed task that another attempt follows is no end", async () => {
  const id = await given().running({}, "toapis");
  await poll(id, "upstream");
  expect([(await foundOf(id)).record.state, await ends()]).toEqual(["queued", {}]);
  const refused = await given().running({}, "toapis");
  await poll(refused, "moderation");
  await poll(refused, "moderation");
  expect(await ends()).toEqual({ "toapis failed": 1 });
});

test("generations_total: an end counts once, whoever makes it", async () => {
  const failure = { class: "upstream", message: "no" } as const;
  const { transitions } = here;
  await transitions.cancel(await given().queued({}, "hiapi"), ["queued"], "on request");
  await transitions.expire(await given().running({}, "hiapi"), "running");
  await transitions.failUpload(await given().preparing({}, "hiapi"), failure);
  await transitions.giveUp(await foundOf(await given().needs_review({}, "hiapi")));
  await transitions.loseOutput(await foundOf(await given().finalizing({}, "hiapi")), "a", "it is gone");
  const found = await foundOf(await given().finalizing({}, "hiapi"));
  const answers = [];
  for (const token of ["b", "b", "c"]) answers.push((await transitions.succeed(found, token, { outputs: [] })).kind);
  expect(answers).toEqual(["moved", "already", "conflict"]);
  expect(await ends()).toEqual({ "hiapi canceled": 1, "hiapi expired": 1, "hiapi failed": 3, "hiapi succeeded": 1 });
});

test("alarms: a task whose output is lost while it is polled raises one", async () => {
  const id = await given().running({}, "toapis");
  await poll(id, "output_lost");
  await poll(id, "output_lost");
  expect((await foundOf(id)).record.state).toBe("failed");
  expect(await here.metrics.text()).toMatch(/alarms_total\{kind="output-lost"\} 1$/m);
});

const given = () => givenIn(here.cell, queued);

async function queued(account: string): Promise<string> {
  const [row] = await accept([{ prompt: "a cup", account }], { tenant: "default" }, here);
  return row && "id" in row ? row.id : "";
}

async function foundOf(id: string): Promise<ledger.Found> {
  const found = await ledger.read(here.cell, id);
  if (!found) throw new Error(`no generation ${id}`);
  return found;
}

/** A poll that says that the task failed. */
async function poll(id: string, why: "upstream" | "moderation" | "output_lost"): Promise<void> {
  const { record } = await foundOf(id);
  const { taskId = "", runTimeClass } = record;
  const task = { id, taskId, lane: "poll", runTimeClass, stateChangedAtMs: 0, lease: "0" } as const;
  const decision = { kind: "failed", failure: { class: why, message: "no" } } as const;
  await applyDecision(task, decision, here.accounts.get("toapis") as Account, here);
}

async function ends(): Promise<Record<string, number>> {
  const lines = (await here.metrics.text()).matchAll(/generations_total\{account="(.*)",state="(.*)"\} (\d+)/g);
  return Object.fromEntries([...lines].map(([, account, state, count]) => [`${account} ${state}`, Number(count)]));
}
