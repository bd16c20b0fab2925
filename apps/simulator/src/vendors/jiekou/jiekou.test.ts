import { describe, expect, test } from "vitest";
import { openSimulator } from "../../testing/client.ts";

const url = "https://cdn.example.com/file";
const urls = (count: number) => Array.from({ length: count }, (_, index) => `${url}-${index}`);
const png = "data:image/png;base64,AAAA";

describe("create", () => {
  test("answers 200 with only the task id", async () => {
    await using client = await openSimulator();
    const created = await client.jiekou.create();
    expect(created.status).toBe(200);
    expect(created.body).toEqual({ task_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) });
    expect(created.headers.get("x-ratelimit-limit")).toBeNull();
  });

  test("ignores idempotency keys: every create is a task", async () => {
    await using client = await openSimulator();
    const headers = { "idempotency-key": "same" };
    const [first, second] = [await client.jiekou.create({}, { headers }), await client.jiekou.create({}, { headers })];
    expect(first.at("task_id")).not.toBe(second.at("task_id"));
    expect((await client.ledger()).at("charges")).toBe(2);
  });

  test.each([
    ["J-V1 no prompt and no media", { prompt: undefined }],
    ["J-V1 a blank prompt", { prompt: "  " }],
    ["J-V2 last image alone", { last_image: url }],
    ["J-V3 3 seconds", { duration: 3 }],
    ["J-V3 16 seconds", { duration: 16 }],
    ["J-V3 seconds as text", { duration: "5" }],
    ["J-V4 unknown resolution", { resolution: "4k" }],
    ["J-V5 fast at 1080p", { resolution: "1080p", fast: true }],
    ["J-V6 unknown ratio", { ratio: "2:1" }],
    ["J-V7 seed -2", { seed: -2 }],
    ["J-V7 seed 2^32", { seed: 4_294_967_296 }],
    ["J-V8 an empty list", { reference_images: [] }],
    ["J-V8 ten images", { reference_images: urls(10) }],
    ["J-V8 four videos", { reference_videos: urls(4) }],
    ["J-V8 four audios", { reference_images: urls(1), reference_audios: urls(4) }],
    ["J-V9 audio alone", { reference_audios: urls(1) }],
    ["J-V10 a video as data", { reference_videos: ["data:video/mp4;base64,AAAA"] }],
    ["J-V12 audio of another format", { reference_images: [url], reference_audios: ["data:audio/ogg;base64,AAAA"] }],
    ["J-V13 an image of another format", { image: "data:image/heic;base64,AAAA" }],
    ["J-V13 an image over 30 MB", { image: `data:image/png;base64,${"A".repeat(40_000_100)}` }],
    ["a flag as text", { fast: "true" }],
  ])("is refused: %s", async (_, body) => {
    await using client = await openSimulator();
    const refused = await client.jiekou.create(body);
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual({
      code: 400,
      reason: "INVALID_REQUEST_BODY",
      message: "invalid request body",
      metadata: { details: expect.any(String) },
    });
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test.each([
    ["an image without a prompt", { prompt: undefined, image: url }],
    ["both frames, one inline", { image: png, last_image: url }],
    ["seed -1", { seed: -1 }],
    ["seed 2^32-1", { seed: 4_294_967_295 }],
    ["audio beside a video", { reference_videos: urls(3), reference_audios: urls(3) }],
    ["frames beside references, which the page does not mention", { image: url, reference_images: urls(9) }],
  ])("is accepted: %s", async (_, body) => {
    await using client = await openSimulator();
    expect((await client.jiekou.create(body)).status).toBe(200);
  });

  test("the strict reading refuses frames beside references (J-V14)", async () => {
    await using client = await openSimulator({ reading: "strict" });
    expect((await client.jiekou.create({ image: url, reference_images: urls(1) })).status).toBe(400);
  });
});

describe("status", () => {
  test("queued task: every field of the samples", async () => {
    await using client = await openSimulator({ finishAfterPolls: 10 });
    const id = await client.jiekou.start();
    const task = { task_id: id, status: "TASK_STATUS_QUEUED", reason: "", task_type: "", eta: 0, progress_percent: 0 };
    const queued = await client.jiekou.read(id);
    expect(queued.status).toBe(200);
    expect(queued.body).toEqual({ extra: {}, task, images: [], videos: [], audios: [] });
    const second = await client.jiekou.read(id);
    expect(second.at("task.status")).toBe("TASK_STATUS_PROCESSING");
    expect(second.at("task.progress_percent")).toBeGreaterThan(0);
  });

  test("finished task: video, last frame and the seed that was used", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const done = await client.jiekou.read(await client.jiekou.start({ return_last_frame: true, seed: 42 }));
    expect(done.body).toMatchObject({
      extra: { seed: "42", debug_info: { submit_time_ms: expect.stringMatching(/^\d{13}$/) } },
      task: { status: "TASK_STATUS_SUCCEED", reason: "", eta: 0 },
      images: [{ image_url: expect.stringMatching(/last\.png\?/), image_type: "png" }],
      videos: [{ video_url: expect.stringMatching(/0\.mp4\?/), video_type: "mp4" }],
      audios: [],
    });
    expect(Number(done.at("videos.0.video_url_ttl"))).toBe(3_600);
  });

  test("time to live is a number or a string, and progress at success is 100 or 0", async () => {
    await using client = await openSimulator();
    const seen = { ttl: new Set<string>(), progress: new Set<unknown>() };
    for (let number = 0; number < 40; number++) {
      const done = await client.jiekou.read(await client.jiekou.start({ prompt: `frog ${number}` }));
      seen.ttl.add(typeof done.at("videos.0.video_url_ttl"));
      seen.progress.add(done.at("task.progress_percent"));
    }
    expect([...seen.ttl].sort()).toEqual(["number", "string"]);
    expect([...seen.progress].sort()).toEqual([0, 100]);
  });

  test.each([
    ["task-fails", "upstream service error"],
    ["task-fails-silent", ""],
    ["task-moderation", "content rejected"],
  ])("%s: HTTP 200 with a reason", async (fault, reason) => {
    await using client = await openSimulator();
    const failed = await client.jiekou.read(await client.jiekou.start({ prompt: `frog [[fault:${fault}]]` }));
    expect(failed.status).toBe(200);
    expect(failed.body).toMatchObject({ extra: {}, task: { status: "TASK_STATUS_FAILED", reason }, videos: [] });
  });

  test("another key and an unknown id get TASK_NOT_FOUND", async () => {
    await using client = await openSimulator();
    const id = await client.jiekou.start();
    const notFound = { code: 404, reason: "TASK_NOT_FOUND", message: "task not found", metadata: {} };
    expect((await client.jiekou.read(id, { key: "key-b" })).body).toEqual(notFound);
    expect(await client.jiekou.read("7f1c")).toMatchObject({ status: 404, body: notFound });
    expect((await client.get("/jiekou/v3/async/task-result")).at("reason")).toBe("INVALID_REQUEST_BODY");
  });
});

describe("keys", () => {
  test.each([
    ["", 401, "FAILED_TO_AUTH"],
    ["bad-key", 403, "INVALID_API_KEY"],
    ["no-balance", 403, "NOT_ENOUGH_BALANCE"],
  ])("answers a create with key %j with %i %s", async (key, status, reason) => {
    await using client = await openSimulator();
    const refused = await client.jiekou.create({}, { key });
    expect(refused.status).toBe(status);
    expect(refused.body).toEqual({ code: status, reason, message: expect.any(String), metadata: {} });
    expect((await client.ledger()).at("charges")).toBe(0);
  });
});
