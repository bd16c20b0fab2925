import type { Event, Generation } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { givenIn } from "@reelqueue/ledger/testing";
import type { OutputStore } from "@reelqueue/media";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, finalize, find, type Installation } from "./index.ts";
import { applyDecision } from "./poll/apply.ts";
import { evaluatePoll, type PolledTask } from "./poll/evaluate.ts";
import { testInstallation } from "./test-installation.ts";

/** The estimated and settled cost of a generation, and of its event. */
let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, {
    ark: { pricesPerMillionTokens: { "seedance-2.0/720p": 7 } },
    hiapi: { pricesPerSecond: { "seedance-2.0/720p": 0.2 }, chargesFailures: true },
    toapis: { pricesPerSecond: { "seedance-2.0/720p": 0.2 }, chargesFailures: false },
  });
});
afterEach(async () => {
  expect(await ledger.audit(here.cell)).toEqual([]);
  await scope.disposeAsync();
});

test("cost: by the tokens that the provider reports, beside the estimate", async () => {
  const { id, dispatchSeq } = await finished("ark", { seconds: "auto" }, { tokens: 100_000 });
  await finalize({ generation: id, dispatchSeq }, new AbortController().signal, { ...here, outputs: stored() });
  const { cost } = await generationOf(id);
  expect(cost.settledUsd).toBe(0.7);
  expect(cost.estimateUsd).toBeGreaterThan(2);
});

test("cost: the reserved amount where the provider reports no usage", async () => {
  const { id, dispatchSeq } = await finished("hiapi", { seconds: 5 });
  await finalize({ generation: id, dispatchSeq }, new AbortController().signal, { ...here, outputs: stored() });
  expect((await generationOf(id)).cost).toEqual({ estimateUsd: 1, settledUsd: 1 });
});

test("cost: null without a price", async () => {
  const { id, dispatchSeq } = await finished("hiapi", { resolution: "480p" });
  await finalize({ generation: id, dispatchSeq }, new AbortController().signal, { ...here, outputs: stored() });
  expect((await generationOf(id)).cost).toEqual({ estimateUsd: null, settledUsd: null });
});

test("cost: a charged task without a price that failed stays null", async () => {
  const id = await given().running({}, "hiapi", { resolution: "480p" });
  const found = await ledger.read(here.cell, id);
  if (!found) throw new Error("no such generation");
  await here.transitions.fail(found, found.record.taskId ?? "", { class: "upstream", message: "no" }, false);
  expect((await generationOf(id)).cost).toEqual({ estimateUsd: null, settledUsd: null });
});

test.each([
  ["hiapi", 1],
  ["toapis", 0],
])("a failed task of %s costs %s", async (account, settledUsd) => {
  const id = await given().running({}, account, { seconds: 5 });
  const found = await ledger.read(here.cell, id);
  const task: PolledTask = {
    id,
    taskId: found?.record.taskId ?? "",
    lane: "poll" as const,
    runTimeClass: found?.record.runTimeClass ?? "",
    stateChangedAtMs: 0,
  };
  const result = { kind: "failed", failure: { class: "moderation", message: "no" } } as const;
  const decision = evaluatePoll(task, result, accountOf(account), { ...here, nowMs: Date.now() });
  await applyDecision({ ...task, lease: "0" }, decision, accountOf(account), here);
  expect((await generationOf(id)).cost).toEqual({ estimateUsd: 1, settledUsd });
});

test.each([
  ["the tokens", "ark", { seconds: "auto" }, { tokens: 100_000 }, 0.7],
  ["the reserved amount", "hiapi", { seconds: 5 }, undefined, 1],
  ["no price", "hiapi", { resolution: "480p" }, undefined, null],
])(
  "manifest: by %s, it is the generation after its end but for the time",
  async (_, account, input, usage, settledUsd) => {
    const { id, dispatchSeq } = await finished(account, { ...input, returnLastFrame: true }, usage);
    const written: string[] = [];
    const outputs: OutputStore = {
      ...stored(),
      manifest: async (_target, json) => {
        written.push(json);
        return "written";
      },
    };
    await finalize({ generation: id, dispatchSeq }, new AbortController().signal, { ...here, outputs });
    const { version, updatedAt, ...manifest } = JSON.parse(written[0] ?? "{}") as Generation & { version: number };
    const generation = await generationOf(id);
    const end = { at: generation.updatedAt };
    expect(manifest.timeline.at(-1)).toEqual({ at: updatedAt, state: "succeeded" });
    expect({
      ...manifest,
      updatedAt: end.at,
      finishedAt: end.at,
      timeline: manifest.timeline.with(-1, { ...end, state: "succeeded" }),
    }).toEqual(generation);
    expect([version, manifest.finishedAt, manifest.cost.settledUsd]).toEqual([1, updatedAt, settledUsd]);
    expect(manifest.warnings).toHaveLength(1);
  },
);

/** The generation, whose event has the same cost. */
async function generationOf(id: string) {
  const generation = await find(id, here);
  if (!generation) throw new Error("no such generation");
  const body = await here.cell.redis.hget(here.cell.keys.event(`msg_${id}_1`), "body");
  expect((JSON.parse(body ?? "{}") as Event).data.cost).toEqual(generation.cost);
  return generation;
}

function accountOf(name: string) {
  const account = here.accounts.get(name);
  if (!account) throw new Error(`no account ${name}`);
  return account;
}

const given = () => givenIn(here.cell, queued);

async function queued(account: string, input: object): Promise<string> {
  const row = { prompt: "a cup", webhook: "https://example.com/hook", account, ...input };
  const [accepted] = await accept([row], { tenant: "default" }, here);
  const id = accepted && "id" in accepted ? accepted.id : "";
  return id;
}

async function finished(account: string, input: object, usage?: Record<string, number>) {
  const id = await given().finalizing(
    {
      remoteOutputs: [{ kind: "video", url: "http://127.0.0.1:1/v.mp4" }],
      ...(usage && { usage }),
      last: { dispatch: true },
    },
    account,
    input,
  );
  return { id, dispatchSeq: (await ledger.read(here.cell, id))?.record.dispatchSeq ?? 0 };
}

/** A store that has every file. */
function stored(): Installation["outputs"] {
  const file = { key: "v.mp4", bytes: 1, sha256: "00", contentType: "video/mp4" };
  return { ...here.outputs, download: async () => ({ kind: "stored", ...file }) };
}
