import { describe, expect, test } from "vitest";
import { openSimulator, soon } from "../../testing/client.ts";

const text = (prompt: string) => ({ content: [{ type: "text", text: prompt }] });

describe("create", () => {
  test("answers 200 with only an id, which contains the time in Beijing", async () => {
    await using client = await openSimulator();
    const created = await client.ark.create();
    expect(created.status).toBe(200);
    expect(created.body).toEqual({ id: expect.stringMatching(/^cgt-\d{14}-[0-9a-z]{5}$/) });
    const [, time = ""] = /^cgt-(\d{14})/.exec(String(created.at("id"))) ?? [];
    const iso = time.replace(/^(....)(..)(..)(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6+08:00");
    expect(Math.abs(Date.parse(iso) - Date.now())).toBeLessThan(5_000);
  });

  test("gives every task a distinct id, and replays nothing", async () => {
    await using client = await openSimulator();
    const headers = { "idempotency-key": "one" };
    const all = await Promise.all(Array.from({ length: 50 }, () => client.ark.create({}, { headers })));
    expect(new Set(all.map((got) => got.at("id"))).size).toBe(50);
    expect((await client.ledger()).at("charges")).toBe(50);
  });
});

describe("status", () => {
  test("passes queued and running to succeeded, with every field of the measured answer", async () => {
    await using client = await openSimulator({ finishAfterPolls: 8, clockFactor: 1 });
    const asked = { duration: 5, resolution: "720p", seed: 1_276, return_last_frame: true, safety_identifier: "u-1" };
    const id = await client.ark.start(asked);
    const seen = [];
    for (let read = 1; read <= 8; read++) seen.push(await client.ark.read(id));
    expect(seen.map((got) => got.at("status"))).toEqual(["queued", ...Array(6).fill("running"), "succeeded"]);
    const base = {
      id,
      model: "doubao-seedance-2-0-260128",
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
      service_tier: "default",
      execution_expires_after: 172_800,
      safety_identifier: "u-1",
    };
    expect(seen[0]?.body).toEqual({ ...base, status: "queued" });
    expect(seen[1]?.body).toEqual({ ...base, status: "running" });
    expect(seen.at(-1)?.body).toEqual({
      ...base,
      status: "succeeded",
      error: null,
      content: {
        video_url: expect.stringMatching(/0\.mp4\?/),
        last_frame_url: expect.stringMatching(/last\.png\?/),
      },
      seed: 1_276,
      resolution: "720p",
      ratio: "16:9",
      duration: 5,
      framespersecond: 24,
      generate_audio: true,
      draft: false,
      usage: { completion_tokens: 108_900, total_tokens: 108_900 },
    });
    expect((await fetch(String(seen.at(-1)?.at("content.video_url")))).status).toBe(200);
  });

  test("has the seed that was used, the actual ratio and the actual seconds", async () => {
    await using client = await openSimulator();
    const id = await client.ark.start({
      seed: -1,
      ratio: "adaptive",
      duration: -1,
      priority: 3,
      generate_audio: false,
    });
    const done = await client.ark.read(id);
    expect(done.at("seed")).toBeGreaterThanOrEqual(0);
    expect((await client.ark.read(id)).at("seed")).toBe(done.at("seed"));
    expect(done.body).toMatchObject({ ratio: "16:9", priority: 3, generate_audio: false });
    expect(done.at("duration")).toBeGreaterThanOrEqual(4);
    expect(done.at("duration")).toBeLessThanOrEqual(15);
    expect((await client.ark.read(await client.ark.start({ seed: 0 }))).at("seed")).toBe(0);
    expect((await client.ark.read(await client.ark.start({ seed: 4_294_967_295 }))).at("seed")).toBe(4_294_967_295);
  });

  test("counts searches if the tool was requested, and lists the tool only if it was used", async () => {
    await using client = await openSimulator();
    const seen = new Set<string>();
    for (let number = 0; number < 30; number++) {
      const asked = { ...text(`frog ${number}`), tools: [{ type: "web_search" }] };
      const done = await client.ark.read(await client.ark.start(asked));
      seen.add(`${done.at("usage.tool_usage.web_search")} ${done.at("tools.0.type")}`);
    }
    expect([...seen].sort()).toEqual(["0 undefined", "1 web_search"]);
    expect((await client.ark.read(await client.ark.start())).at("usage.tool_usage")).toBeUndefined();
  });

  test("has the reason of a failure, one of two codes for moderation, or null", async () => {
    await using client = await openSimulator();
    const codes = new Set<unknown>();
    for (let number = 0; number < 30; number++) {
      const failed = await client.ark.read(await client.ark.start(text(`frog ${number} [[fault:task-moderation]]`)));
      expect(failed.body).toMatchObject({ status: "failed", error: { message: expect.any(String) } });
      expect(failed.body).not.toHaveProperty("content");
      codes.add(failed.at("error.code"));
    }
    const code = "OutputVideoSensitiveContentDetected";
    expect([...codes].sort()).toEqual([code, `${code}.PolicyViolation`]);
    const upstream = await client.ark.read(await client.ark.start(text("a [[fault:task-fails]]")));
    expect(upstream.at("error.code")).toBe("InternalServiceError");
    const silent = await client.ark.read(await client.ark.start(text("a [[fault:task-fails-silent]]")));
    expect(silent.body).toMatchObject({ status: "failed", error: null });
    expect((await client.ledger()).body).toMatchObject({ charges: 32, refunds: 32 });
  });

  test("an unfinished task expires after its time and is refunded", async () => {
    // An hour passes in 1.8 s.
    await using client = await openSimulator({ clockFactor: 2_000 });
    const id = await client.ark.start({ ...text("a [[fault:stuck]]"), execution_expires_after: 3_600 });
    expect((await client.ark.read(id)).at("status")).toBe("running");
    await soon(async () => (await client.ark.read(id)).at("status")).toBe("expired");
    const expired = await client.ark.read(id);
    expect(expired.body).not.toHaveProperty("content");
    expect((await client.get("/simulator/tasks?state=expired")).at("tasks.0.id")).toBe(id);
    expect((await client.ledger()).body).toMatchObject({ charges: 1, refunds: 1 });
  });

  test("a record is unreadable after seven days", async () => {
    // Seven days pass in 2 s.
    await using client = await openSimulator({ clockFactor: 300_000 });
    const id = await client.ark.start();
    expect((await client.ark.read(id)).at("status")).toBe("succeeded");
    await soon(async () => (await client.ark.read(id)).status).toBe(404);
    expect((await client.ark.list()).body).toEqual({ items: [], total: 0 });
    expect((await client.ledger()).at("charges")).toBe(1);
  });
});

describe("delete", () => {
  test("queued: cancelled and refunded", async () => {
    await using client = await openSimulator();
    const id = await client.ark.start();
    expect(await client.ark.remove(id)).toMatchObject({ status: 200, body: {} });
    expect((await client.ark.read(id)).body).toMatchObject({ status: "cancelled" });
    expect((await client.ledger()).body).toMatchObject({ charges: 1, refunds: 1 });
    expect((await client.get("/simulator/stats")).at("accounts.0.running")).toBe(0);
    expect(await client.ark.remove(id)).toMatchObject({ status: 409, body: { error: { type: "Conflict" } } });
  });

  test("running: refused; the task continues", async () => {
    await using client = await openSimulator({ finishAfterPolls: 4 });
    const id = await client.ark.start();
    expect((await client.ark.read(id)).at("status")).toBe("running");
    const refused = await client.ark.remove(id);
    expect(refused.status).toBe(409);
    expect(refused.body).toEqual({
      error: {
        code: "InvalidAction.RunningTaskDeletion",
        message: `Cannot delete task \`${id}\` because it is currently running.`,
        param: "",
        type: "Conflict",
      },
    });
    for (let read = 0; read < 3; read++) await client.ark.read(id);
    expect((await client.ark.read(id)).at("status")).toBe("succeeded");
  });

  test.each(["", "[[fault:task-fails]]"])("ended %s: the record is deleted, the bill keeps the task", async (fault) => {
    await using client = await openSimulator();
    const id = await client.ark.start(text(`frog [[marker:m]] ${fault}`));
    await client.ark.read(id);
    expect((await client.ark.remove(id)).status).toBe(200);
    expect((await client.ark.read(id)).status).toBe(404);
    expect((await client.ark.remove(id)).status).toBe(404);
    expect((await client.ark.list()).at("total")).toBe(0);
    expect((await client.ledger("m")).at("charges")).toBe(1);
  });

  test("with another key: 404", async () => {
    await using client = await openSimulator();
    const id = await client.ark.start();
    expect((await client.ark.remove(id, { key: "key-b" })).status).toBe(404);
    expect((await client.ark.read(id)).at("status")).toBe("succeeded");
  });

  test("a cancelled record is unreadable after a day", async () => {
    // A day passes in 1.7 s.
    await using client = await openSimulator({ clockFactor: 50_000 });
    const id = await client.ark.start();
    await client.ark.remove(id);
    expect((await client.ark.read(id)).at("status")).toBe("cancelled");
    await soon(async () => (await client.ark.read(id)).status).toBe(404);
  });
});

describe("list", () => {
  test("has the key's own tasks in pages, newest first, each with the body of a read", async () => {
    await using client = await openSimulator();
    const ids: string[] = [];
    for (let number = 0; number < 5; number++) ids.push(await client.ark.start());
    await client.ark.create({}, { key: "key-b" });
    await client.toapis.create();
    const page = await client.ark.list("page_num=2&page_size=2");
    expect(page.at("total")).toBe(5);
    expect([page.at("items.0.id"), page.at("items.1.id"), page.at("items.2.id")]).toEqual([ids[2], ids[1], undefined]);
    await client.ark.read(ids[4] ?? "");
    const all = await client.ark.list();
    expect(all.at("items")).toHaveLength(5);
    expect(all.at("items.0")).toEqual((await client.ark.read(ids[4] ?? "")).body);
  });

  test("filters by status, ids and model", async () => {
    await using client = await openSimulator();
    const done = await client.ark.start({ model: "doubao-seedance-2-0-fast-260128" });
    await client.ark.read(done);
    const [waiting, cancelled] = [await client.ark.start(), await client.ark.start()];
    await client.ark.remove(cancelled);
    const ids = async (query: string) => {
      const { items, total } = (await client.ark.list(query)).body as { items: { id: string }[]; total: number };
      expect(items).toHaveLength(total);
      return items.map(({ id }) => id);
    };
    expect(await ids("filter.status=succeeded")).toEqual([done]);
    expect(await ids("filter.status=queued")).toEqual([waiting]);
    expect(await ids("filter.status=cancelled")).toEqual([cancelled]);
    expect(await ids("filter.status=expired")).toEqual([]);
    expect(await ids(`filter.task_ids=${waiting}`)).toEqual([waiting]);
    expect(await ids(`filter.task_ids=${done}&filter.task_ids=${waiting}`)).toEqual([waiting, done]);
    expect(await ids("filter.model=doubao-seedance-2-0-fast-260128")).toEqual([done]);
    expect(await ids("filter.service_tier=flex")).toEqual([]);
    expect(await ids("filter.status=succeeded&filter.model=doubao-seedance-2-0-260128")).toEqual([]);
  });

  test.each(["page_num=0", "page_num=501", "page_size=0", "page_size=501", "page_size=x", "filter.status=done"])(
    "refuses %s",
    async (query) => {
      await using client = await openSimulator();
      expect(await client.ark.list(query)).toMatchObject({
        status: 400,
        body: { error: { code: "InvalidParameter" } },
      });
    },
  );

  test("accepts page 500 of size 500", async () => {
    await using client = await openSimulator();
    expect((await client.ark.list("page_num=500&page_size=500")).body).toEqual({ items: [], total: 0 });
  });
});

describe("refusals", () => {
  test.each([
    ["", 401, "AuthenticationError", "Unauthorized"],
    ["bad-key", 401, "AuthenticationError", "Unauthorized"],
    ["no-balance", 403, "AccountOverdueError", "Forbidden"],
  ])("key %j: %i %s", async (key, status, code, type) => {
    await using client = await openSimulator();
    const refused = await client.ark.create({}, { key });
    expect(refused.status).toBe(status);
    expect(refused.body).toEqual({ error: { code, message: expect.any(String), param: "", type } });
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test("too many requests: one of the documented codes", async () => {
    await using client = await openSimulator({
      limits: { ark: { submitsPerMinute: 1, concurrent: 1 } },
      clockFactor: 1,
    });
    await client.ark.create();
    const codes = new Set<unknown>();
    for (let round = 0; round < 40; round++) {
      const refused = await client.ark.create();
      expect(refused).toMatchObject({ status: 429, body: { error: { type: "TooManyRequests", param: "" } } });
      codes.add(refused.at("error.code"));
    }
    expect([...codes].sort()).toEqual([
      "AccountRateLimitExceeded",
      "RateLimitExceeded.EndpointRPMExceeded",
      "RequestBurstTooFast",
      "ServerOverloaded",
    ]);
    expect((await client.ark.list()).status).toBe(200);
  });

  test("an unknown task is NotFound", async () => {
    await using client = await openSimulator();
    const notFound = { error: { code: "NotFound", message: expect.any(String), param: "", type: "NotFound" } };
    expect(await client.ark.read("cgt-20260101000000-aaaaa")).toMatchObject({ status: 404, body: notFound });
    expect((await client.get("/ark/api/v3/models")).body).toEqual(notFound);
  });
});
