import { describe, expect, test } from "vitest";
import { openSimulator, soon } from "../../testing/client.ts";

describe("create", () => {
  test("answers 200 in the envelope with a task id of 35 characters", async () => {
    await using client = await openSimulator();
    const created = await client.hiapi.create();
    expect(created.status).toBe(200);
    expect(created.body).toEqual({
      code: 200,
      message: "success",
      data: { taskId: expect.stringMatching(/^tk-hiapi-[0-9A-HJKMNP-TV-Z]{26}$/) },
    });
    expect(created.headers.get("content-type")).toMatch(/^application\/json/);
  });

  test("gives every task a distinct id", async () => {
    await using client = await openSimulator();
    const ids = await Promise.all(Array.from({ length: 50 }, () => client.hiapi.start()));
    expect(new Set(ids).size).toBe(50);
  });
});

describe("status", () => {
  test("passes queued and handling to success, with completed 0 until then", async () => {
    await using client = await openSimulator({ finishAfterPolls: 6 });
    const id = await client.hiapi.start();
    const seen = [];
    for (let read = 1; read <= 6; read++) seen.push(await client.hiapi.read(id));
    expect(seen.map((got) => got.at("data.status"))).toEqual([
      "queued",
      "handling",
      "handling",
      "handling",
      "handling",
      "success",
    ]);
    const [first, last] = [seen.at(0), seen.at(-1)];
    expect(first?.at("data")).toEqual({
      taskId: id,
      model: "seedance-2-0",
      status: "queued",
      created: expect.any(Number),
      completed: 0,
      storage: "temp",
    });
    expect(last?.body).toMatchObject({ code: 200, message: "success" });
    expect(Math.abs(Number(last?.at("data.completed")) - Date.now() / 1_000)).toBeLessThan(5);
  });

  test("has the video and, if requested, the last frame, with their expiry in unix seconds", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const done = await client.hiapi.read(await client.hiapi.start({ return_last_frame: true }));
    const expireAt = Number(done.at("data.completed")) + 86_400;
    expect(done.at("data.output")).toEqual([
      { url: expect.stringMatching(/^http:.*0\.mp4\?/), type: "video", expireAt },
      { url: expect.stringMatching(/^http:.*last\.png\?/), type: "last_frame", expireAt },
    ]);
    const bare = await client.hiapi.read(await client.hiapi.start());
    expect(bare.at("data.output")).toHaveLength(1);
  });

  test("has the same URL in every read", async () => {
    await using client = await openSimulator();
    const id = await client.hiapi.start();
    const urls = await Promise.all([1, 2].map(async () => (await client.hiapi.read(id)).at("data.output.0.url")));
    expect(urls[0]).toBe(urls[1]);
  });

  test("repeats route and storage if they were sent", async () => {
    await using client = await openSimulator();
    const id = await client.hiapi.start({}, { route: "pro", storage: "persistent" });
    expect((await client.hiapi.read(id)).at("data")).toMatchObject({ route: "pro", storage: "persistent" });
  });

  test.each([
    ["task-fails", { code: "TASK_FAILED", message: "upstream service error" }],
    ["task-fails-silent", { code: "TASK_FAILED", message: "" }],
    ["task-moderation", { code: "TASK_FAILED", message: "upstream rejected the prompt" }],
  ])("%s: HTTP 200 with an error object, without output", async (fault, error) => {
    await using client = await openSimulator();
    const failed = await client.hiapi.read(await client.hiapi.start({ prompt: `cup [[fault:${fault}]]` }));
    expect(failed.status).toBe(200);
    expect(failed.at("data")).toMatchObject({ status: "fail", error });
    expect(failed.at("data.output")).toBeUndefined();
  });

  test("another key gets 404", async () => {
    await using client = await openSimulator();
    const id = await client.hiapi.start();
    const notFound = { code: 404, message: "task not found", data: null };
    expect((await client.hiapi.read(id, { key: "key-b" })).body).toEqual(notFound);
    const unknown = await client.hiapi.read("tk-hiapi-00000000000000000000000000");
    expect(unknown.status).toBe(404);
    expect(unknown.body).toEqual(notFound);
  });
});

describe("list", () => {
  test("has the key's own tasks in pages, newest first", async () => {
    await using client = await openSimulator();
    const ids: string[] = [];
    for (let number = 0; number < 5; number++) ids.push(await client.hiapi.start());
    await client.hiapi.create({}, { key: "key-b" });
    await client.jiekou.create();
    const page = await client.get("/hiapi/v1/tasks?page=2&size=2");
    expect(page.body).toMatchObject({ code: 200, data: { page: 2, size: 2, total: 5 } });
    expect([page.at("data.tasks.0.taskId"), page.at("data.tasks.1.taskId")]).toEqual([ids[2], ids[1]]);
    expect((await client.get("/hiapi/v1/tasks")).at("data.size")).toBe(20);
  });
});

describe("keys", () => {
  test.each([
    ["", 401, "missing API key"],
    ["bad-key", 401, "invalid API key"],
    ["no-balance", 402, "insufficient balance"],
  ])("answers a create with key %j with %i", async (key, status, message) => {
    await using client = await openSimulator();
    const refused = await client.hiapi.create({}, { key });
    expect(refused.status).toBe(status);
    expect(refused.body).toEqual({ code: status, message, data: null });
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test("a key without balance can read", async () => {
    await using client = await openSimulator();
    expect((await client.get("/hiapi/v1/tasks", { key: "no-balance" })).status).toBe(200);
  });
});

describe("Idempotency-Key", () => {
  const headers = { "idempotency-key": "order-8472:video" };

  test("same body: replays the first task with a header, charged once", async () => {
    await using client = await openSimulator();
    const first = await client.hiapi.create({}, { headers });
    const again = await client.hiapi.create({}, { headers });
    expect(again.body).toEqual(first.body);
    expect(first.headers.get("idempotent-replay")).toBeNull();
    expect(again.headers.get("idempotent-replay")).toBe("true");
    expect((await client.ledger()).at("charges")).toBe(1);
  });

  test("another body: refused", async () => {
    await using client = await openSimulator();
    await client.hiapi.create({}, { headers });
    const other = await client.hiapi.create({ duration: 5 }, { headers });
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: 422, data: null, error_code: "IDEMPOTENCY_KEY_MISMATCH" });
  });

  test("first request in flight: 409 with Retry-After, then a replay", async () => {
    await using client = await openSimulator({ clockFactor: 5 });
    const input = { prompt: "cup [[fault:accept-slow]]" };
    const first = client.hiapi.create(input, { headers });
    const busy = await soon(() => client.hiapi.create(input, { headers }))
      .toMatchObject({ status: 409 })
      .then(() => client.hiapi.create(input, { headers }));
    expect(busy.body).toMatchObject({ code: 409, data: null, error_code: "IDEMPOTENCY_KEY_PROCESSING" });
    expect(busy.headers.get("retry-after")).toBe("1");
    const answered = await first;
    const after = await client.hiapi.create(input, { headers });
    expect(after.body).toEqual(answered.body);
    expect((await client.ledger()).at("charges")).toBe(1);
  });

  test("is separate for each API key", async () => {
    await using client = await openSimulator();
    await client.hiapi.create({}, { headers });
    const other = await client.hiapi.create({}, { headers, key: "key-b" });
    expect(other.headers.get("idempotent-replay")).toBeNull();
    expect((await client.ledger()).at("charges")).toBe(2);
  });

  test("is forgotten after a day of provider time", async () => {
    // A day passes in 8.64 ms.
    await using client = await openSimulator({ clockFactor: 10_000_000 });
    await client.hiapi.create({}, { headers });
    await soon(async () => (await client.hiapi.create({ duration: 9 }, { headers })).status).toBe(200);
  });

  test("has at most 255 bytes", async () => {
    await using client = await openSimulator();
    const of = (bytes: number) => client.hiapi.create({}, { headers: { "idempotency-key": "k".repeat(bytes) } });
    expect((await of(255)).status).toBe(200);
    expect(await of(256)).toMatchObject({ status: 400, body: { error_code: "INVALID_REQUEST" } });
  });
});
