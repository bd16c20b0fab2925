import { describe, expect, test } from "vitest";
import { startSimulator } from "./index.ts";
import { RequestWindow } from "./limits.ts";
import { openSimulator, soon, TestClient } from "./testing/client.ts";

describe("a request window", () => {
  test("grants at most its limit in any span", () => {
    const window = new RequestWindow(3, 100);
    const granted = [0, 60, 90, 95, 101, 102, 161].map((now) => window.take(now).granted);
    expect(granted).toEqual([true, true, true, false, true, false, true]);
  });

  test("reports what remains and when the oldest request leaves it", () => {
    const window = new RequestWindow(2, 100);
    expect(window.take(1_000)).toEqual({ granted: true, limit: 2, remaining: 1, freeAtMs: 1_100 });
    expect(window.take(1_010)).toMatchObject({ granted: true, remaining: 0 });
    expect(window.take(1_020)).toEqual({ granted: false, limit: 2, remaining: 0, freeAtMs: 1_100 });
  });
});

describe("requests per minute", () => {
  test("HiAPI: the 61st of one key is refused, reads included; headers report the remainder", async () => {
    await using client = new TestClient(await startSimulator());
    const id = await client.hiapi.start();
    const reads = [];
    for (let read = 2; read <= 61; read++) reads.push(await client.hiapi.read(id));
    expect(reads.slice(0, 59).map(({ status }) => status)).toEqual(Array(59).fill(200));
    expect(reads.at(0)?.headers.get("x-ratelimit-limit")).toBe("60");
    expect(reads.at(0)?.headers.get("x-ratelimit-remaining")).toBe("58");
    const refused = reads.at(59);
    expect(refused?.status).toBe(429);
    expect(refused?.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(Number(refused?.headers.get("x-ratelimit-reset"))).toBeGreaterThan(Date.now() / 1_000 + 50);
    expect((await client.hiapi.read(id, { key: "key-b" })).status).toBe(404);
  });

  test("HiAPI: 429 in one of two envelopes", async () => {
    await using client = new TestClient(await startSimulator({ limits: { hiapi: { requestsPerMinute: 1 } } }));
    await client.hiapi.create();
    const bodies = [];
    for (let read = 0; read < 30; read++) bodies.push((await client.get("/hiapi/v1/tasks")).body);
    const api = { code: 429, message: "too many requests", data: null };
    const blog = { error: { type: "hiapi_error", code: "rate_limit_exceeded", request_id: expect.any(String) } };
    expect(bodies).toContainEqual(api);
    expect(bodies).toContainEqual(blog);
    for (const body of bodies) expect([api, blog]).toContainEqual(body);
  });

  test("JieKou: the 201st is refused, without rate headers", async () => {
    await using client = new TestClient(await startSimulator());
    const statuses = [];
    for (let read = 1; read <= 200; read++) statuses.push((await client.jiekou.read("none")).status);
    expect(new Set(statuses)).toEqual(new Set([404]));
    const refused = await client.jiekou.read("none");
    expect(refused.body).toEqual({
      code: 429,
      reason: "RATE_LIMIT_EXCEEDED",
      message: "rate limit exceeded",
      metadata: {},
    });
    expect(refused.headers.get("retry-after")).toBeNull();
  });

  test("the minute is in provider time", async () => {
    // A provider's minute passes in a second.
    await using client = await openSimulator({ clockFactor: 60, limits: { hiapi: { requestsPerMinute: 1 } } });
    expect((await client.hiapi.create()).status).toBe(200);
    const refused = await client.hiapi.create();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    await soon(async () => (await client.hiapi.create()).status).toBe(200);
  });
});

describe("tasks in flight", () => {
  test("HiAPI: the eleventh is refused and not charged, and accepted after another has ended", async () => {
    await using client = await openSimulator({ limits: {}, clockFactor: 1 });
    const ids = [];
    for (let number = 0; number < 10; number++) ids.push(await client.hiapi.start());
    expect((await client.hiapi.create()).status).toBe(429);
    expect((await client.hiapi.create({}, { key: "key-b" })).status).toBe(200);
    expect((await client.ledger()).at("charges")).toBe(11);
    await client.hiapi.read(ids[0] ?? "");
    expect((await client.hiapi.create()).status).toBe(200);
    const stats = await client.get("/simulator/stats");
    expect(stats.at("accounts.0")).toMatchObject({ vendor: "hiapi", peakRunning: 10, running: 10, refusedTasks: 1 });
  });

  test("JieKou: no limit", async () => {
    await using client = await openSimulator({ limits: {} });
    const created = await Promise.all(Array.from({ length: 30 }, () => client.jiekou.create()));
    expect(new Set(created.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("limits of an unknown vendor: the start fails", async () => {
    await expect(startSimulator({ limits: { hiapy: { concurrent: 3 } } })).rejects.toThrow("hiapy");
  });
});
