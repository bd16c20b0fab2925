import { describe, expect, test } from "vitest";
import { startSimulator } from "../../index.ts";
import { openSimulator, soon, TestClient } from "../../testing/client.ts";

describe("create", () => {
  test("answers 200 with the base task object", async () => {
    await using client = await openSimulator();
    const created = await client.toapis.create({ client_business_id: "order_20260616_001" });
    expect(created.status).toBe(200);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^tsk_vid_[0-9A-HJKMNP-TV-Z]{26}$/),
      client_business_id: "order_20260616_001",
      object: "generation.task",
      model: "seedance-2",
      status: expect.stringMatching(/^(queued|in_progress)$/),
      progress: expect.any(Number),
      created_at: expect.any(Number),
    });
    expect((await client.toapis.create()).body).not.toHaveProperty("client_business_id");
  });

  test("sometimes answers in_progress with progress 10; the next read agrees", async () => {
    await using client = await openSimulator({ finishAfterPolls: 20 });
    const seen = new Set<string>();
    for (let number = 0; number < 30; number++) {
      const created = await client.toapis.create({ prompt: `shiba ${number}` });
      const said = `${created.at("status")} ${created.at("progress")}`;
      const read = await client.toapis.read(String(created.at("id")));
      expect(`${read.at("status")} ${read.at("progress")}`).toBe(said);
      seen.add(said);
    }
    expect([...seen].sort()).toEqual(["in_progress 10", "queued 0"]);
  });
});

describe("status", () => {
  test("completed: has the times, the result and its expiry in unix seconds", async () => {
    await using client = await openSimulator({ clockFactor: 1, finishAfterPolls: 3 });
    const id = await client.toapis.start({ return_last_frame: true });
    const [first, , last] = [await client.toapis.read(id), await client.toapis.read(id), await client.toapis.read(id)];
    expect(first.body).not.toHaveProperty("result");
    expect(first.body).not.toHaveProperty("completed_at");
    expect(last.body).toEqual({
      id,
      object: "generation.task",
      model: "seedance-2",
      status: "completed",
      progress: 100,
      created_at: expect.any(Number),
      completed_at: expect.any(Number),
      expires_at: Number(last.at("completed_at")) + 86_400,
      result: {
        type: "video",
        data: [
          {
            url: expect.stringMatching(/0\.mp4\?/),
            format: "mp4",
            last_frame_url: expect.stringMatching(/last\.png\?/),
          },
        ],
      },
    });
    expect((await fetch(String(last.at("result.data.0.url")))).status).toBe(200);
  });

  test("has the number of searches if the tool was requested", async () => {
    await using client = await openSimulator();
    const tools = [{ type: "web_search" }];
    const done = await client.toapis.read(await client.toapis.start({ tools }));
    expect([0, 1]).toContain(done.at("usage.tool_usage.web_search"));
    expect((await client.toapis.read(await client.toapis.start())).body).not.toHaveProperty("usage");
  });

  test.each([
    ["task-fails", "生成失败: 上游服务错误"],
    ["task-fails-silent", ""],
    ["task-moderation", "生成失败: 内容违反了内容政策"],
  ])("%s: progress 0 and an error, refunded", async (fault, message) => {
    await using client = await openSimulator();
    const failed = await client.toapis.read(await client.toapis.start({ prompt: `shiba [[fault:${fault}]]` }));
    expect(failed.body).toMatchObject({
      status: "failed",
      progress: 0,
      error: { code: "generation_failed", message },
    });
    expect(failed.body).not.toHaveProperty("result");
    expect((await client.ledger()).body).toMatchObject({ charges: 1, refunds: 1 });
  });

  test("another key gets 404", async () => {
    await using client = await openSimulator();
    const id = await client.toapis.start({ client_business_id: "order-1" });
    const missing = { error: { code: 404, message: "任务不存在", type: "not_found_error" } };
    expect(await client.toapis.read(id, { key: "key-b" })).toMatchObject({ status: 404, body: missing });
    expect((await client.toapis.read("order-1", { key: "key-b" })).status).toBe(404);
    expect((await client.toapis.read("order-2")).body).toEqual(missing);
  });
});

describe("client_business_id", () => {
  test.each(["order_1", "20260616000000000001234567890", "a b/c?d=é%", "x".repeat(256)])(
    "finds the task: %s",
    async (client_business_id) => {
      await using client = await openSimulator();
      const id = await client.toapis.start({ client_business_id });
      const found = await client.toapis.read(client_business_id);
      expect(found.body).toMatchObject({ id, client_business_id, status: "completed" });
    },
  );

  test("is accepted in metadata too", async () => {
    await using client = await openSimulator();
    const id = await client.toapis.start({ metadata: { client_business_id: "order-1" } });
    expect((await client.toapis.read("order-1")).at("id")).toBe(id);
  });

  test("sent again: replays the task without a charge, even with another body", async () => {
    await using client = await openSimulator();
    const first = await client.toapis.create({ client_business_id: "order-1" });
    const again = await client.toapis.create({ client_business_id: "order-1" });
    expect(again.body).toEqual(first.body);
    const other = await client.toapis.create({ client_business_id: "order-1", prompt: "Another film", duration: 15 });
    expect(other.at("id")).toBe(first.at("id"));
    expect((await client.ledger()).at("charges")).toBe(1);
  });

  test("of a failed task: replays it; another attempt needs another id", async () => {
    await using client = await openSimulator();
    const order = { client_business_id: "order-1", prompt: "shiba [[fault:task-fails]]" };
    const id = await client.toapis.start(order);
    await client.toapis.read(id);
    expect((await client.toapis.create(order)).body).toMatchObject({ id, status: "failed", progress: 0 });
    expect((await client.ledger()).at("charges")).toBe(1);
  });

  test("is separate for each key", async () => {
    await using client = await openSimulator();
    await client.toapis.create({ client_business_id: "order-1" });
    await client.toapis.create({ client_business_id: "order-1" }, { key: "key-b" });
    expect((await client.ledger()).at("charges")).toBe(2);
  });

  test.each(["accept-reset", "accept-500", "accept-empty", "accept-broken-json"])(
    "finds the task after the create answer was lost by %s",
    async (fault) => {
      await using client = await openSimulator();
      const order = { client_business_id: "order-1", prompt: `shiba [[fault:${fault}]]` };
      await client.toapis.create(order).catch(() => undefined);
      expect((await client.toapis.read("order-1")).at("status")).toBe("completed");
      expect((await client.toapis.create(order)).status).toBe(200);
      expect((await client.ledger()).at("charges")).toBe(1);
    },
  );

  test("accept-late: unknown until accepted; a task created meanwhile stays the only one", async () => {
    await using client = await openSimulator({ acceptLateMs: 200_000 });
    const order = { client_business_id: "order-1", prompt: "shiba [[fault:accept-late*1]]" };
    await expect(client.toapis.create(order)).rejects.toThrow("fetch failed");
    expect((await client.toapis.read("order-1")).status).toBe(404);
    expect((await client.toapis.create(order)).status).toBe(200);
    const later = { prompt: "later [[marker:later]] [[fault:accept-late]]" };
    await client.toapis.create(later).catch(() => undefined);
    await soon(async () => (await client.ledger("later")).at("charges")).toBe(1);
    expect((await client.ledger()).at("charges")).toBe(2);
  });
});

describe("refusals", () => {
  test.each([
    ["", 401, "authentication_error"],
    ["bad-key", 401, "authentication_error"],
  ])("key %j: %i with a numeric code", async (key, status, type) => {
    await using client = await openSimulator();
    const refused = await client.toapis.create({}, { key });
    expect(refused.body).toEqual({ error: { code: status, message: expect.any(String), type } });
  });

  test.each([
    ["no balance", {}, { key: "no-balance" }, 402, "insufficient_quota"],
    ["moderation", { prompt: "shiba [[fault:reject-moderation]]" }, {}, 422, "content_policy_violation"],
    ["an invalid body", { duration: 3 }, {}, 400, "invalid_request"],
    ["a broken server", { prompt: "shiba [[fault:submit-500]]" }, {}, 500, "internal_error"],
  ])("%s: one of two envelopes, code as number or string", async (_, body, sent, status, word) => {
    await using client = await openSimulator();
    const bodies = [];
    for (let round = 0; round < 20; round++) {
      const refused = await client.toapis.create(body, sent);
      expect(refused.status).toBe(status);
      bodies.push(refused.body);
    }
    const numbered = { error: { code: status, message: expect.any(String), type: word } };
    const worded = { error: { code: word, message: expect.any(String) } };
    expect(bodies).toContainEqual(numbered);
    expect(bodies).toContainEqual(worded);
    for (const body of bodies) expect([numbered, worded]).toContainEqual(body);
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test("submit-503: 503 with Retry-After, nothing charged", async () => {
    await using client = await openSimulator();
    const down = await client.toapis.create({ prompt: "shiba [[fault:submit-503]]" });
    expect(down).toMatchObject({ status: 503, body: { error: { code: "rate_limit_unavailable" } } });
    expect(Number(down.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await client.ledger()).at("charges")).toBe(0);
  });
});

describe("limits", () => {
  test("submits and queries are counted separately; a header names the category", async () => {
    await using client = new TestClient(
      await startSimulator({ limits: { toapis: { submitsPerMinute: 12, queriesPerMinute: 24 } }, finishAfterPolls: 1 }),
    );
    const first = await client.toapis.create();
    const head = (name: string) => first.headers.get(`x-ratelimit-${name}`);
    expect([head("limit"), head("remaining"), head("category")]).toEqual(["12", "11", "async_submit"]);
    expect(Number(head("reset"))).toBeGreaterThan(Date.now() / 1_000);
    // The burst of 10 seconds is a sixth of 12 a minute.
    expect((await client.toapis.create()).status).toBe(200);
    const refused = await client.toapis.create();
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "rate_limit_exceeded" } } });
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(5);
    expect(wait).toBeLessThanOrEqual(10);
    const reads = [];
    for (let read = 0; read < 5; read++) reads.push(await client.toapis.read("none"));
    expect(reads.map(({ status }) => status)).toEqual([404, 404, 404, 404, 429]);
    expect(reads[0]?.headers.get("x-ratelimit-category")).toBe("async_query");
    expect(reads[0]?.headers.get("x-ratelimit-limit")).toBe("24");
  });

  test("default: 50 submits in 10 seconds; the query limit is 3,000", async () => {
    await using client = new TestClient(await startSimulator());
    const submits = [];
    for (let number = 0; number < 51; number++) submits.push((await client.toapis.create()).status);
    expect(submits).toEqual([...Array(50).fill(200), 429]);
    expect((await client.toapis.read("none")).headers.get("x-ratelimit-limit")).toBe("3000");
  });
});

test("the bill has the price by the second, by vendor", async () => {
  await using client = await openSimulator();
  await client.toapis.create({ duration: 15, resolution: "4k" });
  await client.toapis.create({ model: "seedance-2-mini", duration: 4, resolution: "480p" });
  expect((await client.ledger()).at("byVendor.toapis.chargedMicroUsd")).toBe(15 * 700_000 + 4 * 32_000);
});
