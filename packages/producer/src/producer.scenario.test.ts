import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ledger from "@reelqueue/ledger";
import { expectNoClientLeft, freePort, pngFile, sharedRedis, startLocalRedis, uniqueCell } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProducer, type Producer, type ProducerOptions, StartError } from "./index.ts";

const row = { prompt: "a snail crosses a leaf", resolution: "480p", seconds: 4, account: "jiekou" } as const;
let home = "";
let cell = "";
let options: ProducerOptions;
let producer: Producer;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "reelqueue-producer-"));
  cell = uniqueCell();
  const configPath = join(home, "reelqueue.config.json");
  const account = {
    provider: "jiekou",
    baseUrl: "http://127.0.0.1:9",
    keyEnv: "NOWHERE_KEY",
    pricesPerSecond: { "seedance-2.0/480p": 0.07 },
  };
  await writeFile(configPath, JSON.stringify({ cell, accounts: { jiekou: account } }));
  // without any provider key: a producer needs none
  options = { redisUrl: await sharedRedis(), home, configPath };
  producer = await createProducer(options);
});
afterAll(async () => {
  await using opened = ledger.openCell({ url: options.redisUrl, cell, role: "worker" });
  await ledger.awaitReady(opened, 3_000);
  expect(await ledger.audit(opened)).toEqual([]);
  await producer.close();
  await rm(home, { recursive: true, force: true });
});

test("enqueue is durable when it resolves; the same key again is the same generation; another body is a mismatch", async () => {
  const first = await producer.enqueue({ ...row, idempotencyKey: "one" });
  if (first.kind !== "accepted") throw new Error(first.kind);
  expect(first).toMatchObject({ account: "jiekou", quote: { usd: 0.28 } });
  expect(await producer.get(first.id)).toMatchObject({ id: first.id, state: "queued", tenant: "default" });
  expect(await producer.enqueue({ ...row, idempotencyKey: "one" })).toMatchObject({ kind: "existing", id: first.id });
  expect(await producer.enqueue({ ...row, seconds: 9, idempotencyKey: "one" })).toEqual({
    kind: "mismatch",
    id: first.id,
  });
});

test.each([
  ["a colon: its batches could be those of another tenant", "acme:spring"],
  ["a new line: its keys could be those of another tenant", "acme\nspring"],
  ["nothing", ""],
])("a tenant with %s is refused", async (_, tenant) => {
  const opened = createProducer({ ...options, tenant });
  await expect(opened.then((made) => made.close())).rejects.toThrow(StartError);
  await expect(opened).rejects.toThrow(/tenant/);
});

test("a broken rule is refused with the field; a quote answers the same and writes nothing", async () => {
  const refused = await producer.enqueue({ ...row, seconds: 30 });
  expect(refused).toMatchObject({ kind: "refused", problems: [{ field: "seconds", given: "30" }] });
  expect(await producer.quote({ ...row, seconds: 30 })).toMatchObject({ kind: "refused" });
  const batch = "quoted";
  expect(await producer.quote({ ...row, batch })).toMatchObject({ kind: "valid", quote: { usd: 0.28 } });
  await using opened = ledger.openCell({ url: options.redisUrl, cell, role: "worker" });
  expect(await ledger.batchCounts(opened, "default", batch)).toEqual({});
});

test("a local file is put into the media store; a missing file is refused", async () => {
  const png = pngFile(640, 480);
  const path = join(home, "frame.png");
  await writeFile(path, png);
  const taken = await producer.enqueue({ ...row, images: [{ url: path, role: "first_frame" }] });
  const id = taken.kind === "accepted" ? taken.id : "";
  expect((await producer.get(id))?.request.images).toEqual([
    { url: `media://${createHash("sha256").update(png).digest("hex")}.png`, role: "first_frame" },
  ]);
  expect(await producer.enqueue({ ...row, images: [{ url: join(home, "none.png") }] })).toMatchObject({
    kind: "refused",
    problems: [{ field: "images[0].url" }],
  });
});

describe("many", () => {
  test("10,000 rows of one batch from a generator keep their order; a refused row stops no other", async () => {
    async function* rows() {
      for (let i = 0; i < 10_000; i += 1) yield { ...row, prompt: `row ${i}`, ...(i === 777 && { seconds: 99 }) };
    }
    const answers = await producer.enqueueMany(rows(), { batch: "large" });
    expect(answers.flatMap(({ kind }, i) => (kind === "accepted" ? [] : [[i, kind]]))).toEqual([[777, "refused"]]);
    await using opened = ledger.openCell({ url: options.redisUrl, cell, role: "worker" });
    const ids: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page: ledger.IdPage = await ledger.list(
        opened,
        { tenant: "default", batch: "large" },
        1_000,
        cursor || undefined,
      );
      ids.push(...page.ids);
      cursor = page.cursor;
    }
    expect(ids).toEqual(answers.flatMap((answer) => (answer.kind === "accepted" ? [answer.id] : [])));
  });

  test("atomic: one refused row → none is written; none refused → all are written", async () => {
    const answers = await producer.enqueueMany([row, { ...row, seconds: 99 }], { atomic: true, batch: "atomic" });
    expect(answers.map(({ kind }) => kind)).toEqual(["valid", "refused"]);
    await using opened = ledger.openCell({ url: options.redisUrl, cell, role: "worker" });
    expect(await ledger.batchCounts(opened, "default", "atomic")).toEqual({});
    await producer.enqueueMany([row, row], { atomic: true, batch: "atomic" });
    expect(await ledger.batchCounts(opened, "default", "atomic")).toEqual({ queued: 2 });
    await expect(
      producer.enqueueMany(
        Array.from({ length: 5_001 }, () => row),
        { atomic: true },
      ),
    ).rejects.toThrow("5000 rows");
  });
});

test("a tenant sees and enqueues only its own generations", async () => {
  await using acme = await createProducer({ ...options, tenant: "acme" });
  const taken = await acme.enqueue({ ...row, tenant: "acme" });
  const id = taken.kind === "accepted" ? taken.id : "";
  expect((await acme.get(id))?.tenant).toBe("acme");
  expect(await producer.get(id)).toBeUndefined();
  expect(await producer.enqueue({ ...row, tenant: "acme" })).toMatchObject({
    kind: "refused",
    problems: [{ field: "tenant" }],
  });
});

describe("opening", () => {
  test("Redis unavailable: fails fast, with one sentence, and leaves nothing open", async () => {
    const redisUrl = `redis://:secret@127.0.0.1:${await freePort()}`;
    const startedAt = performance.now();
    const error = await createProducer({ ...options, redisUrl }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).toMatch(/Redis cannot be reached.*REDIS_URL/);
    expect(String(error)).not.toContain("secret");
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  test("a wrong configuration: the error names file and key", async () => {
    const configPath = join(home, "wrong.json");
    await writeFile(configPath, JSON.stringify({ acounts: {} }));
    await expect(createProducer({ ...options, configPath })).rejects.toThrow(/wrong\.json.*acounts/s);
  });

  test("closing leaves no connection", async () => {
    const redis = await startLocalRedis();
    await expectNoClientLeft(redis.url, async () => {
      const here = await createProducer({ ...options, redisUrl: redis.url });
      await here.enqueue(row);
      await here.close();
    });
    await redis.stop();
  });
});

test("Redis unavailable: enqueue fails at once", async () => {
  const redis = await startLocalRedis();
  const here = await createProducer({ ...options, redisUrl: redis.url });
  await redis.kill();
  const startedAt = performance.now();
  await expect(here.enqueue(row)).rejects.toThrow("Redis cannot be reached");
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await here.close();
  await redis.stop();
});
