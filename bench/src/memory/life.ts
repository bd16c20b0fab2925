import { createHash, randomBytes } from "node:crypto";
import { generationRequest } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { prompts } from "../rig/prompts.ts";

const account = "hiapi";
const chunk = 500;

/** Leads generations through their states by the ledger's own verbs, with what the stages write. */
export async function openLife(url: string, webhook: boolean) {
  const cell = ledger.openCell({ url, cell: "reel", role: "worker" });
  await ledger.awaitReady(cell, 5_000);
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
      newGeneration(cell, texts.next().value, start + i, webhook),
    );
    ids.push(...rows.map(({ id }) => id));
    await ledger.accept(cell, rows);
  }
}

function newGeneration(cell: ledger.Cell, prompt: string, line: number, webhook: boolean): ledger.NewGeneration {
  const request = ledger.freeze(
    generationRequest.parse({ prompt, ratio: "16:9", ...(webhook && { webhook: "https://example.com/hooks/videos" }) }),
  );
  return {
    id: ledger.generationId(cell.name, "default", `spring-campaign/${line}`),
    hash: createHash("sha256").update(request).digest("base64url").slice(0, 16),
    account,
    tenant: "default",
    priority: 0,
    request,
    class: "hiapi/seedance-2.0/720p/5/text",
    batch: "spring-campaign",
    estimate: 750_000,
  };
}

/** Grants, intents, bound tasks and six looks, as submitter and poller write them. */
async function run(cell: ledger.Cell, count: number): Promise<void> {
  for (let done = 0; done < count; ) {
    const { grants } = await ledger.admit(cell, account, { ...generous, slots: count });
    const moved = {
      submitting: grants.map(({ generation }) => begin(generation)),
      running: grants.map(({ generation }) => bind(generation)),
    };
    check(await ledger.moveAll(cell, moved.submitting));
    check(await ledger.moveAll(cell, moved.running));
    done += grants.length;
  }
  for (let looked = 0; looked < count; looked += chunk) {
    const { items, lease } = await ledger.claim(cell, "poll", account, [], { limit: chunk, leaseMs: 60_000 });
    const looks = items.map(({ id }) => ({ id, nextInMs: 600_000, set: { polls: "6", seen: "187234" } }));
    await ledger.polled(cell, "poll", account, lease, looks);
  }
}

const generous = { rate: 0, burst: 0, window: chunk, leaseMs: 30_000, weights: {} };
const operationToken = () => randomBytes(6).toString("base64url");

function begin(id: string): ledger.Move {
  const due = { lane: "submitting", inMs: 90_000 } as const;
  return { id, from: ["queued"], to: "submitting", token: operationToken(), due };
}

function bind(id: string): ledger.Move {
  const task = `tk-hiapi-${createHash("sha256").update(id).digest("hex").slice(0, 26).toUpperCase()}`;
  const due = { lane: "poll", inMs: 0 } as const;
  return { id, from: ["submitting"], to: "running", token: `${operationToken()}+`, task, due, set: { polls: "0" } };
}

async function succeed(cell: ledger.Cell, ids: readonly string[], count: number, webhook: boolean): Promise<void> {
  for (let start = 0; start < count; start += chunk) {
    const part = ids.slice(start, start + chunk);
    check(await ledger.moveAll(cell, part.map(finish)));
    check(
      await ledger.moveAll(
        cell,
        (await ledger.readMany(cell, part)).flatMap((found) => (found ? keep(found, webhook) : [])),
      ),
    );
  }
  for (let left = webhook ? count : 0; left > 0; ) {
    const { items, lease } = await ledger.claimDeliveries(cell, { limit: chunk, perEndpoint: chunk, leaseMs: 30_000 });
    await Promise.all(
      items.map((item) => ledger.delivered(cell, item, lease, { state: "delivered", note: "200 in 87 ms" })),
    );
    left -= items.length;
  }
}

function finish(id: string): ledger.Move {
  const url = `https://cdn.example.com/outputs/${id}/video.mp4?expires=1790000000&signature=${"a".repeat(64)}`;
  return {
    id,
    from: ["running"],
    to: "finalizing",
    token: operationToken(),
    handover: true,
    due: { lane: "finalize", inMs: 60_000 },
    set: { remote: JSON.stringify([{ kind: "video", url }]), urgency: "465120", polls: "7", progress: "100" },
    unset: ["misses", "trouble"],
  };
}

function keep({ id, request }: ledger.Found, webhook: boolean): ledger.Move {
  const sha256 = createHash("sha256").update(id).digest("hex");
  const file = { kind: "video" as const, bytes: 5_242_880, sha256, contentType: "video/mp4" };
  const outputs = [{ ...file, key: `2026/11/20/${id}/1-video.mp4` }];
  const data = {
    id,
    state: "succeeded",
    account,
    tenant: "default",
    taskId: `tk-hiapi-${sha256.slice(0, 26)}`,
    attempt: 1,
    batch: "spring-campaign",
  };
  const url = `https://reelqueue.example.com/v1/generations/${id}/outputs/0`;
  const event = { ...data, outputs: [{ ...file, url }], cost: { estimateUsd: 0.75, settledUsd: 0.75 } };
  const body = JSON.stringify({ type: "generation.succeeded", timestamp: new Date().toISOString(), data: event });
  return {
    id,
    from: ["finalizing"],
    to: "succeeded",
    token: operationToken(),
    set: { outputs: ledger.outputsText(id, outputs) },
    unset: ["remote", "urgency", "keeps", "polls", "seen", "progress", "seq"],
    rest: request,
    ...(webhook && { event: { endpoint: "0123456789ab", url: "https://example.com/hooks/videos", body } }),
  };
}

function check(moved: readonly ledger.Moved[]): void {
  const refused = moved.find(({ kind }) => kind !== "moved");
  if (refused) throw new Error(`the ledger refused a move: ${JSON.stringify(refused)}`);
}

/** What the allocator has given out, once tables have grown to their size and buffers are empty. */
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
