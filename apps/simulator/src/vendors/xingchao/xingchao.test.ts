import { describe, expect, test } from "vitest";
import type { SimulatorOptions } from "../../index.ts";
import { openSimulator, soon, type TestClient } from "../../testing/client.ts";

const root = "/xingchao/kyyReactApiServer";
const url = "https://cdn.example.com/file";
const urls = (count: number) => Array.from({ length: count }, (_, index) => `${url}-${index}`);
const failure = (code: number, msg: unknown = expect.any(String)) => [
  { code, msg, data: null },
  { code: String(code), msg, data: null },
];

describe("create", () => {
  test("answers 200 with the task, always queued", async () => {
    await using client = await openSimulator({ finishAfterPolls: undefined, generationMs: { median: 0 } });
    const created = await client.xingchao.create();
    expect(created.status).toBe(200);
    expect(created.body).toEqual({
      id: expect.stringMatching(/^video_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      object: "video",
      created: expect.any(Number),
      model: "seedance_2_0_pro",
      status: "queued",
      error: null,
    });
  });

  test("ignores idempotency keys: the same body twice is two tasks", async () => {
    await using client = await openSimulator();
    const headers = { "idempotency-key": "one" };
    const ids = [await client.xingchao.create({}, { headers }), await client.xingchao.create({}, { headers })];
    expect(ids[0]?.at("id")).not.toBe(ids[1]?.at("id"));
    expect((await client.ledger()).at("charges")).toBe(2);
  });
});

describe("rules", () => {
  async function isAccepted(body: object, options: SimulatorOptions = {}): Promise<boolean> {
    await using client = await openSimulator(options);
    const got = await client.xingchao.create(body);
    const charged = (await client.ledger()).at("charges") === 1;
    expect(got.status).toBe(200);
    expect(got.at("id") !== undefined).toBe(charged);
    if (!charged) expect(failure(400)).toContainEqual(got.body);
    return charged;
  }

  test.each([
    ["X-V1 another model", { model: "seedance_2_5" }],
    ["X-V1 no model", { model: undefined }],
    ["X-V2 seedance_2_0 without a video", { model: "seedance_2_0" }],
    ["X-V2 seedance_2_0_fast with images only", { model: "seedance_2_0_fast", referenceImages: urls(1) }],
    ["X-V2 seedance_2_0 with an empty list", { model: "seedance_2_0", referenceVideos: [] }],
    ["X-V2 a video under a name in the other case", { model: "seedance_2_0", reference_videos: urls(1) }],
    ["X-V3 no prompt", { prompt: undefined }],
    ["X-V3 a blank prompt", { prompt: " " }],
    ["X-V4 3 seconds", { duration: 3 }],
    ["X-V4 16 seconds", { duration: 16 }],
    ["X-V4 half a second", { duration: 5.5 }],
    ["X-V4 seconds as text", { duration: "5" }],
    ["X-V4 automatic seconds", { duration: -1 }],
    ["X-V5 another ratio", { aspect_ratio: "2:1" }],
    ["X-V6 a last image alone", { last_image: url }],
    ["X-V7 a frame beside an image", { first_image: url, referenceImages: urls(1) }],
    ["X-V7 a frame beside a video", { first_image: url, referenceVideos: urls(1) }],
    ["X-V7 a frame beside an audio", { first_image: url, referenceAudios: urls(1) }],
    ["X-V8 ten images", { referenceImages: urls(10) }],
    ["X-V8 no image in the list", { referenceImages: [] }],
    ["X-V8 four videos", { referenceVideos: urls(4) }],
    ["X-V8 four audios", { referenceImages: urls(1), referenceAudios: urls(4) }],
    ["X-V12 an image as data", { first_image: "data:image/png;base64,AAAA" }],
    ["X-V12 an audio as data", { referenceImages: urls(1), referenceAudios: ["data:audio/wav;base64,AAAA"] }],
    ["an unknown asset", { first_image: "asset://nobody-has" }],
    ["an asset in review", { referenceImages: ["asset://simulator-processing"] }],
    ["a flag as text", { generateAudio: "true" }],
  ])("refuse on HTTP 200: %s", async (_, body) => {
    expect(await isAccepted(body)).toBe(false);
  });

  test.each([
    ["4 seconds", { duration: 4 }],
    ["15 seconds", { duration: 15 }],
    ["adaptive", { aspect_ratio: "adaptive" }],
    ["a frame", { first_image: url }],
    ["both frames", { first_image: url, last_image: "asset://simulator-active" }],
    ["seedance_2_0 with a video", { model: "seedance_2_0", referenceVideos: urls(1) }],
    [
      "seedance_2_0_fast with a video of the library",
      { model: "seedance_2_0_fast", referenceVideos: ["asset://simulator-active"] },
    ],
    ["seedance_2_0_fast_pro with text alone", { model: "seedance_2_0_fast_pro" }],
    [
      "nine images, three videos, three audios",
      { referenceImages: urls(9), referenceVideos: urls(3), referenceAudios: urls(3) },
    ],
    ["audio alone, which the page does not mention", { referenceAudios: urls(1) }],
    ["fields of other vendors", { resolution: "8k", seed: "x", generate_audio: "x" }],
  ])("accept: %s", async (_, body) => {
    expect(await isAccepted(body)).toBe(true);
  });

  test("strict reading: audio alone is refused (X-V13), audio with an image accepted", async () => {
    const strict = { reading: "strict" } as const;
    expect(await isAccepted({ referenceAudios: urls(1) }, strict)).toBe(false);
    expect(await isAccepted({ referenceAudios: urls(1), referenceImages: urls(1) }, strict)).toBe(true);
  });
});

describe("result", () => {
  test("passes queued and processing to completed", async () => {
    await using client = await openSimulator({ finishAfterPolls: 8, clockFactor: 1 });
    const id = await client.xingchao.start({ duration: 5 });
    const seen = [];
    for (let read = 1; read <= 8; read++) seen.push(await client.xingchao.read(id));
    expect(seen.map((got) => got.at("status"))).toEqual(["queued", ...Array(6).fill("processing"), "completed"]);
    const base = { id, object: "video", created: expect.any(Number), model: "seedance_2_0_pro" };
    expect(seen[0]?.body).toEqual({ ...base, status: "queued", video_url: null, error: null });
    const last = seen.at(-1);
    expect(last?.body).toEqual({
      ...base,
      status: "completed",
      video_url: expect.stringMatching(/0\.mp4\?/),
      actualDuration: 5,
      totalTokens: expect.anything(),
      error: null,
    });
    expect(Number(last?.at("totalTokens"))).toBe(108_900);
    expect((await fetch(String(last?.at("video_url")))).status).toBe(200);
  });

  test("tokens are a number or a string", async () => {
    await using client = await openSimulator();
    const seen = new Set<string>();
    for (let number = 0; number < 30; number++) {
      const done = await client.xingchao.read(await client.xingchao.start({ prompt: `cat ${number}` }));
      seen.add(`${typeof done.at("totalTokens")} ${done.at("totalTokens")}`);
    }
    expect([...seen].sort()).toEqual(["number 87300", "string 87300"]);
  });

  test("an error is a string or an object; the task is refunded", async () => {
    await using client = await openSimulator();
    const seen = new Set<string>();
    for (let number = 0; number < 30; number++) {
      const prompt = `cat ${number} [[fault:task-moderation]]`;
      const failed = await client.xingchao.read(await client.xingchao.start({ prompt }));
      expect(failed.body).toMatchObject({ status: "failed", video_url: null });
      expect(failed.body).not.toHaveProperty("totalTokens");
      seen.add(JSON.stringify(failed.at("error")));
    }
    const reason = "内容审核不通过，请修改后重试";
    expect([...seen].sort()).toEqual([JSON.stringify(reason), JSON.stringify({ message: reason })]);
    expect((await client.ledger()).body).toMatchObject({ charges: 30, refunds: 30 });
    const silent = await client.xingchao.read(await client.xingchao.start({ prompt: "a [[fault:task-fails-silent]]" }));
    expect(silent.body).toMatchObject({ status: "failed", error: null });
  });

  test("its URL expires after a day of provider time", async () => {
    await using client = await openSimulator({ clockFactor: 86_400 });
    const done = await client.xingchao.read(await client.xingchao.start());
    await soon(async () => (await fetch(String(done.at("video_url")))).status).toBe(403);
  });

  test("unknown task or another key: code -1 on HTTP 200", async () => {
    await using client = await openSimulator();
    const id = await client.xingchao.start();
    for (const got of [await client.xingchao.read("none"), await client.xingchao.read(id, { key: "key-b" })]) {
      expect(got.status).toBe(200);
      expect(failure(-1, "任务不存在")).toContainEqual(got.body);
    }
  });
});

describe("refusals", () => {
  test.each([
    ["", 204],
    ["bad-key", 204],
    ["no-balance", 402],
  ])("key %j: code %i on HTTP 200, as number or string", async (key, code) => {
    await using client = await openSimulator();
    const bodies = [];
    for (let round = 0; round < 20; round++) {
      const refused = await client.xingchao.create({}, { key });
      expect(refused.status).toBe(200);
      bodies.push(refused.body);
    }
    for (const form of failure(code)) expect(bodies).toContainEqual(form);
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test("an unknown route gets the error body of its framework", async () => {
    await using client = await openSimulator();
    expect(await client.get(`${root}/v1/models?page=1`)).toMatchObject({
      status: 404,
      body: { message: "No handler found for GET /kyyReactApiServer/v1/models" },
    });
    const created = await client.xingchao.start();
    expect((await client.get(`${root}/v1/kyyvideo2/videos/${created}`)).status).toBe(404);
  });
});

describe("an asset", () => {
  const upload = (client: TestClient, more: object = {}) =>
    client.post(`${root}/kyyVideo2/asset/upload`, { assetType: "Image", url: `${url}.png`, ...more });
  const read = (client: TestClient, id: unknown) => client.get(`${root}/kyyVideo2/asset/${id}`);

  test("is Processing, then Active; a create can name it only when Active", async () => {
    await using client = await openSimulator({ assetReviewMs: 300_000 });
    const uploaded = await upload(client, { name: "My portrait photo" });
    const id = uploaded.at("data.assetId");
    expect(uploaded.body).toEqual({
      code: 0,
      msg: null,
      data: { assetId: expect.stringMatching(/^asset-\d{14}-\w{5}$/) },
    });
    const shown = await read(client, id);
    expect([0, "0"]).toContain(shown.at("code"));
    expect(shown.at("data")).toEqual({
      name: "My portrait photo",
      assetId: id,
      status: "Processing",
      assetType: "Image",
      url: `${url}.png`,
      createTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    expect((await client.xingchao.create({ first_image: `asset://${id}` })).at("id")).toBeUndefined();
    await soon(async () => (await read(client, id)).at("data.status")).toBe("Active");
    expect((await client.xingchao.create({ first_image: `asset://${id}` })).at("id")).toBeDefined();
  });

  test('success is 0 or "0"', async () => {
    await using client = await openSimulator();
    const seen = new Set<unknown>();
    for (let number = 0; number < 30; number++) {
      seen.add((await read(client, (await upload(client)).at("data.assetId"))).at("code"));
    }
    expect(seen).toEqual(new Set([0, "0"]));
  });

  test("fails by a fault in its name", async () => {
    await using client = await openSimulator({ assetReviewMs: 0 });
    const id = (await upload(client, { name: "face [[fault:asset-fails]]" })).at("data.assetId");
    expect((await read(client, id)).at("data.status")).toBe("Failed");
  });

  test("can be deleted once, only by its own key", async () => {
    await using client = await openSimulator();
    const id = (await upload(client)).at("data.assetId");
    const path = `${root}/kyyVideo2/asset/${id}`;
    const missing = { code: -1, msg: "素材不存在", data: null };
    expect((await client.delete(path, { key: "key-b" })).body).toEqual(missing);
    expect((await client.delete(path)).body).toEqual({ code: "0", msg: null, data: null });
    expect((await client.delete(path)).body).toEqual(missing);
    expect((await read(client, id)).body).toEqual(missing);
  });

  test("is refused with 1001 for an unreachable URL, and with 400 for an unknown type", async () => {
    await using client = await openSimulator();
    expect(failure(1001, "素材 URL 无法访问")).toContainEqual(
      (await upload(client, { url: "data:image/png;base64,AA" })).body,
    );
    expect(failure(400)).toContainEqual((await upload(client, { assetType: "image" })).body);
  });
});

test("the bill has the price by model and second", async () => {
  await using client = await openSimulator();
  await client.xingchao.create({ duration: 10 });
  await client.xingchao.create({ model: "seedance_2_0_fast", referenceVideos: urls(1), duration: 4 });
  expect((await client.ledger()).at("byVendor.xingchao.chargedMicroUsd")).toBe(10 * 110_000 + 4 * 45_000);
});
