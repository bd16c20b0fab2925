import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GenerationInput } from "@reelqueue/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accept, admit, cancel, find, type Installation, retry, submit } from "../index.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { testInstallation } from "../test-installation.ts";
import { capture, type Sent } from "./test-capture.ts";

/** One generation of each provider from `accept` to its task, as it lies in Redis and as it leaves; see `golden.test.ts`. */
interface Values {
  accepted: {
    request: GenerationInput;
    answer: string;
    id: string;
    hash: string;
    stored: string;
    job: string;
    sent: Sent;
    /** Field and value in the hash of the account's tasks. */
    task: [field: string, id: string];
  }[];
  retried: { request: GenerationInput; answer: string; id: string; sent: Sent[]; events: string[] };
  canceled: { request: GenerationInput; id: string; events: string[] };
  /** Begun by a version whose callback URLs named no account (ADR 25). */
  repeated: { request: GenerationInput; sent: Sent };
}

const values: Values = JSON.parse(readFileSync(join(import.meta.dirname, "stored.json"), "utf8"));
const cell = "golden";

let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  const secrets = { callbackKey: Buffer.alloc(32, 7), webhookSecrets: () => [] };
  const opened = await testInstallation(scope, { toapis: {}, xingchao: {}, ark: {} }, { cell });
  here = { ...opened, secrets, publicUrl: "https://queue.example" };
  await forgetAll();
});
afterEach(async () => {
  await forgetAll();
  await scope.disposeAsync();
});

/** The cell has a fixed name because ids begin with it. */
async function forgetAll(): Promise<void> {
  const keys = await here.cell.redis.keys(`{${cell}}*`);
  if (keys.length > 0) await here.cell.redis.del(...keys);
}

async function accepted(request: GenerationInput): Promise<string> {
  const [row] = await accept([request], { tenant: "default" }, here);
  if (row?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(row)}`);
  return row.id;
}

/** What the provider is sent, whose answer is the given one. */
async function submitted(id: string, dispatchSeq: number, status: number, answer: string): Promise<Sent[]> {
  const account = here.accounts.get((await find(id, here))?.account ?? "");
  const { http, requests } = capture({ baseUrl: account?.baseUrl ?? "", answer: { status, text: answer } });
  await submit({ generation: id, dispatchSeq }, { ...here, http });
  return requests;
}

const key = (...parts: string[]) => [`{${cell}}`, ...parts].join(":");
const stateOf = async (id: string) => (await find(id, here))?.state;

test.each(values.accepted)("$request.account: from accept to the task", async ({ request, answer, ...expected }) => {
  const { redis } = here.cell;
  const id = await accepted(request);
  const hash = await redis.hget(key("g", id), "hash");
  const stored = await redis.get(key("r", id));
  const [job] = await namesBelow(key("bull", "submit"), "submit-*");
  const [sent] = await submitted(id, 1, 200, answer);
  const task = Object.entries(await redis.hgetall(key("t", request.account ?? "")))[0];
  expect({ id, hash, stored, job, sent, task }).toEqual(expected);
  expect(await stateOf(id)).toBe("running");
});

test("a second attempt has a key and an event of its own", async () => {
  const { request, answer, ...expected } = values.retried;
  const id = await accepted(request);
  const sent = await submitted(id, 1, 400, answer);
  await retry(id, here);
  for (const account of here.accounts.values()) await admit(account, here);
  sent.push(...(await submitted(id, 2, 400, answer)));
  expect({ id, sent, events: await eventsOf(id) }).toEqual(expected);
});

test("a submit that an older version began is repeated byte for byte", async () => {
  const { request, sent } = values.repeated;
  const id = await accepted(request);
  await submitted(id, 1, 500, "");
  await here.cell.redis.hdel(key("g", id), "callback");
  const account = here.accounts.get("hiapi");
  if (!account) throw new Error("hiapi is not there");
  const { http, requests } = capture({ baseUrl: account.baseUrl, answer: { status: 500, text: "" } });
  await here.cell.redis.zadd(here.cell.keys.due("unknown", "hiapi"), "XX", 1, id);
  await reconcile(account, { ...here, http });
  expect(requests).toEqual([sent]);
});

test("an ending is announced under the id of its generation", async () => {
  const { request, ...expected } = values.canceled;
  const id = await accepted(request);
  await cancel(id, here);
  expect({ id, events: await eventsOf(id) }).toEqual(expected);
});

/** The `webhook-id` of each event of a generation. */
const eventsOf = (id: string) => namesBelow(key("e"), `*${id}*`);

async function namesBelow(prefix: string, pattern: string): Promise<string[]> {
  const keys = await here.cell.redis.keys(`${prefix}:${pattern}`);
  return keys.map((name) => name.slice(prefix.length + 1)).toSorted();
}

test("ark is sent the priority of the request", async () => {
  const request = { account: "ark", prompt: "a lamp", resolution: "480p", seconds: 4, priority: 3 } as const;
  const [row] = await accept([request], { tenant: "default" }, here);
  if (row?.kind !== "accepted") throw new Error(JSON.stringify(row));
  const [sent] = await submitted(row.id, 1, 200, '{"id":"cgt-1"}');
  expect(JSON.parse(sent?.body ?? "{}")).toMatchObject({ priority: 3 });
});
