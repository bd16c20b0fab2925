import { createHash } from "node:crypto";
import { generationRequest, type JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { prompts } from "../rig/prompts.ts";
import { newGeneration, openCell } from "../rig/running.ts";

const account = "hiapi";
const chunk = 500;
const publicUrl = "https://reelqueue.example.com";

/** Brings generations through their states with the transitions and fields that the stages write. */
export async function openLife(url: string, webhook: boolean) {
  const cell = await openCell(url);
  const ids: string[] = [];
  return {
    accept: (count: number) => accept(cell, ids, count, webhook),
    run: (count: number) => run(cell, count),
    succeed: (count: number) => succeed(cell, ids, count, webhook),
    usedMemory: () => settledMemory(cell),
    [Symbol.asyncDispose]: () => cell[Symbol.asyncDispose](),
  };
}

async function accept(cell: ledger.Cell, ids: string[], count: number, webhook: boolean): Promise<void> {
  const texts = prompts(600);
  for (let start = 0; start < count; start += chunk) {
    const rows = Array.from({ length: Math.min(chunk, count - start) }, (_, i) =>
      rowOf(cell, texts.next().value, start + i, webhook),
    );
    ids.push(...rows.map(({ id }) => id));
    await ledger.accept(cell, rows);
  }
}

function rowOf(cell: ledger.Cell, prompt: string, line: number, webhook: boolean): ledger.NewGeneration {
  const request = ledger.serializeRequest(
    generationRequest.parse({ prompt, ratio: "16:9", ...(webhook && { webhook: "https://example.com/hooks/videos" }) }),
  );
  const generation = newGeneration(cell, `spring-campaign/${line}`, request);
  return { ...generation, batch: "spring-campaign", estimateMicroUsd: 750_000 };
}

/** Grants, intents, bound tasks and six polls, as submitter and poller write them. */
async function run(cell: ledger.Cell, count: number): Promise<void> {
  const transitions = new ledger.Transitions(cell, publicUrl);
  for (let done = 0; done < count; ) {
    const { grants } = await ledger.admit(cell, account, { ...generous, slots: count });
    check((await Promise.all(grants.map((grant) => submit(grant, transitions)))).flat());
    done += grants.length;
  }
  for (let polledCount = 0; polledCount < count; polledCount += chunk) {
    const { items, lease } = await ledger.claim(cell, "poll", account, { fields: [], limit: chunk, leaseMs: 60_000 });
    const set = { polls: 6, ageAtLastPollMs: 187_234 };
    const place = { lane: "poll", account, lease, nextInMs: 600_000, set } as const;
    await Promise.all(items.map(({ id }) => ledger.reschedule(cell, { ...place, id })));
  }
}

const generous = { rate: 0, burst: 0, window: chunk, leaseMs: 30_000, weights: {} };

async function submit(grant: JobRef, transitions: ledger.Transitions): Promise<ledger.Moved[]> {
  const token = ledger.operationToken();
  const intent = { id: grant.generation, token, attempt: 1, account: { name: account } };
  const started = await transitions.begin(grant, { token, leaseMs: 90_000 });
  return [started, await transitions.bind(intent, taskOf(intent.id), 0)];
}

const taskOf = (id: string): string =>
  `tk-hiapi-${createHash("sha256").update(id).digest("hex").slice(0, 26).toUpperCase()}`;

async function succeed(cell: ledger.Cell, ids: readonly string[], count: number, webhook: boolean): Promise<void> {
  const transitions = new ledger.Transitions(cell, publicUrl);
  for (let start = 0; start < count; start += chunk) {
    const part = ids.slice(start, start + chunk);
    check(await Promise.all(part.map((id) => finish(id, transitions))));
    const found = (await ledger.readMany(cell, part)).filter((each) => each !== undefined);
    check(await Promise.all(found.map((each) => keep(each, transitions))));
  }
  for (let left = webhook ? count : 0; left > 0; ) {
    const { items, lease } = await ledger.claimDeliveries(cell, { limit: chunk, perEndpoint: chunk, leaseMs: 30_000 });
    await Promise.all(
      items.map((item) => ledger.delivered(cell, item, lease, { state: "delivered", note: "200 in 87 ms" })),
    );
    left -= items.length;
  }
}

function finish(id: string, transitions: ledger.Transitions): Promise<ledger.Moved> {
  const url = `https://cdn.example.com/outputs/${id}/video.mp4?expires=1790000000&signature=${"a".repeat(64)}`;
  const task = {
    remoteOutputs: [{ kind: "video" as const, url }],
    finalizePriority: 465_120,
    finishedAtMs: 1_790_000_000_000,
  };
  return transitions.finishTask({ id, taskId: taskOf(id), from: "running" }, task, 60_000);
}

function keep(found: ledger.Found, transitions: ledger.Transitions): Promise<ledger.Moved> {
  const { id } = found;
  const sha256 = createHash("sha256").update(id).digest("hex");
  const key = `2026/11/20/${id}/1-video.mp4`;
  const output = { kind: "video" as const, key, bytes: 5_242_880, sha256, contentType: "video/mp4" };
  return transitions.succeed(found, ledger.operationToken(), { outputs: [output] });
}

function check(moved: readonly ledger.Moved[]): void {
  const refused = moved.find(({ kind }) => kind !== "moved");
  if (refused) throw new Error(`the ledger refused a move: ${JSON.stringify(refused)}`);
}

/** `used_memory` once it is stable: hash tables are resized and buffers empty. */
async function settledMemory({ redis }: ledger.Cell): Promise<number> {
  let last = 0;
  return await eventually(
    async () => {
      const now = Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
      const settled = Math.abs(now - last) < 1_024;
      last = now;
      return settled && now;
    },
    { describe: "the memory of Redis settles", timeoutMs: 30_000, everyMs: 200 },
  );
}
