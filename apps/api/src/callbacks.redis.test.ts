import { createHmac } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as ledger from "@reelqueue/ledger";
import { eventually, type LocalRedis, startLocalRedis } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, startApi, type TestApi } from "./testing/api.ts";
import { broughtTo } from "./testing/generations.ts";

let redis: LocalRedis;
let api: TestApi;
beforeAll(async () => {
  redis = await startLocalRedis();
  api = await startApi({ redisUrl: redis.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await redis.stop();
});

/** The callback URL of one attempt, as the pipeline makes it; with `of` "", as an older version made it. */
function addressOf(id: string, attempt = 1, of = "hiapi."): string {
  const { callbackKey } = api.installation.secrets;
  const mac = createHmac("sha256", callbackKey).update(`${of}${id}.${attempt}`).digest("base64url");
  return `/callbacks/hiapi/${id}.${attempt}.${mac.slice(0, 32)}`;
}

const body = JSON.stringify({ taskId: "tk-hiapi-1", status: "success", output: [] });
const send = (path: string, sent: unknown = body, headers: Record<string, string> = {}) =>
  api.call(path, {
    method: "POST",
    key: "none",
    body: sent,
    headers: { "content-type": "application/json", ...headers },
  });

test("a genuine callback makes its task due now; a duplicate changes nothing; any content type is read", async () => {
  const id = await broughtTo(api, "running", { account: "hiapi" });
  const due = async () =>
    (
      await ledger.queuePosition(api.installation.cell, id, {
        lane: "poll",
        account: "hiapi",
        priority: 0,
        tenant: "acme",
      })
    ).dueInMs ?? 0;
  expect(await due()).toBeGreaterThan(60_000);
  const answers = [
    await send(addressOf(id)),
    await send(addressOf(id)),
    await send(addressOf(id), body, { "content-type": "text/odd" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await due()).toBeLessThan(1_000);
});

test("a token of an older version is heard of a generation that began before, for a week", async () => {
  const { cell } = api.installation;
  const id = await broughtTo(api, "running", { account: "hiapi" });
  expect((await send(addressOf(id, 1, ""))).status).toBe(200);
  const began = Number(await cell.redis.hget(cell.keys.record(id), "born"));
  await cell.redis.hset(cell.keys.record(id), "born", began + 60_000);
  expect((await send(addressOf(id, 1, ""))).status).toBe(404);
  expect((await send(addressOf(id))).status).toBe(200);
  await cell.redis.hset(cell.keys.record(id), "born", began);
  await cell.redis.decrby(`${cell.prefix}:old_tokens`, 7 * 24 * 3_600_000 + 1);
  await cell.redis.hset(cell.keys.record(id), "born", began - 8 * 24 * 3_600_000);
  expect((await send(addressOf(id, 1, ""))).status).toBe(404);
});

test.each([
  ["behind a byte order mark", `\u{feff}${body}`, undefined],
  ["gzipped", gzipSync(body), "gzip"],
  ["with br", brotliCompressSync(body), "br"],
  ["with a label that names no encoding", body, "utf-8"],
] as const)("a callback %s is read", async (_, sent, encoding) => {
  const id = await broughtTo(api, "running", { account: "hiapi" });
  const answer = await send(addressOf(id), sent, encoding === undefined ? {} : { "content-encoding": encoding });
  expect([answer.status, await answer.json()]).toEqual([200, { heard: true }]);
});

test("every wrong address is answered with the same bytes", async () => {
  const id = await broughtTo(api, "running", { account: "hiapi" });
  const genuine = addressOf(id);
  const bad = [
    genuine.slice(0, -1),
    `${genuine}x`,
    addressOf(id, 2).replace(".2.", ".1."),
    genuine.replace("hiapi", "jiekou"),
    addressOf(id, 1, "ark."),
    addressOf(await broughtTo(api, "running", { account: "jiekou" }), 1, ""),
    genuine.replace("hiapi", "nobody"),
    "/callbacks/hiapi/x",
    "/callbacks/hiapi/..%2F..%2Fx",
    `/callbacks/hiapi/${"a".repeat(450)}`,
  ];
  const texts = new Set<string>();
  for (const path of bad) {
    const answer = await send(path);
    expect.soft(answer.status, path).toBe(404);
    texts.add(await answer.text());
  }
  expect(texts.size).toBe(1);
});

describe("bodies", () => {
  test.each([
    ["more than 256 KiB", Buffer.alloc(262_145), {}, 413],
    ["one that grows beyond 256 KiB", gzipSync(Buffer.alloc(262_145)), { "content-encoding": "gzip" }, 413],
    ["a damaged compressed one", gzipSync(body).subarray(0, -9), { "content-encoding": "gzip" }, 400],
    ["not JSON", "<html>", {}, 400],
    ["not UTF-8", Buffer.from([0xff, 0xfe]), {}, 400],
    ["a prototype", '{"__proto__":{"admin":true}}', {}, 400],
    ["a very deep one", "[".repeat(100_000), {}, 400],
    ["an empty one", "", {}, 400],
  ] as const)("%s", async (_, sent, headers, status) => {
    const id = await broughtTo(api, "running", { account: "hiapi" });
    await errorIn(await send(addressOf(id), sent, headers), status);
    expect(Object.prototype).not.toHaveProperty("admin");
  });
});

test("Redis unavailable or frozen: the provider is asked to retry, within 100 ms", async () => {
  const id = await broughtTo(api, "running", { account: "hiapi" });
  const answers: unknown[] = [];
  const timed = async () => {
    const startedAt = performance.now();
    const answer = await send(addressOf(id));
    const ms = performance.now() - startedAt;
    answers.push([answer.status, answer.headers.get("retry-after")]);
    await answer.text();
    return ms;
  };
  // the fastest counts: other work on the machine may delay any of them
  await redis.kill("SIGSTOP");
  await eventually(async () => (await timed()) < 150, { describe: "an answer within 150 ms while Redis is frozen" });
  expect(api.logged()).toContain('"event":"callback.late"');
  expect(api.logged()).not.toContain('"event":"api.unavailable"');
  await redis.kill("SIGCONT");
  await redis.kill();
  await eventually(async () => (await timed()) < 150, { describe: "an answer within 150 ms without Redis" });
  expect(answers).toEqual(answers.map(() => [503, "5"]));
  expect(api.logged()).toContain('"event":"api.unavailable"');
});

test("Redis unavailable: other requests are 503, and /healthz is 200", async () => {
  const error = await errorIn(await api.call("/v1/generations", { body: { prompt: "x" } }), 503);
  expect(error.code).toBe("unavailable");
  await errorIn(await api.call("/v1/accounts"), 503);
  expect((await api.call("/readyz")).status).toBe(503);
  expect((await api.call("/healthz")).status).toBe(200);
});
