import { describe, expect, test } from "vitest";
import { openSimulator } from "../../testing/client.ts";

const url = "https://cdn.example.com/file";
const urls = (count: number) => Array.from({ length: count }, (_, index) => `${url}-${index}`);

describe("input", () => {
  test.each([
    ["H-V1 two characters", { prompt: "ab" }],
    ["H-V1 no prompt", { prompt: undefined }],
    ["H-V1 20,001 characters", { prompt: "x".repeat(20_001) }],
    ["H-V2 unknown ratio", { aspect_ratio: "2:1" }],
    ["H-V3 3 seconds", { duration: 3 }],
    ["H-V3 16 seconds", { duration: 16 }],
    ["H-V3 half a second", { duration: 5.5 }],
    ["H-V3 seconds as text", { duration: "5" }],
    ["H-V3 unknown resolution", { resolution: "4k" }],
    ["H-V4 ten images", { reference_image_urls: urls(10) }],
    ["H-V4 nine images and a frame", { reference_image_urls: urls(9), first_frame_url: url }],
    ["H-V5 four videos", { reference_video_urls: urls(4) }],
    ["H-V5 four audios", { reference_audio_urls: urls(4) }],
    ["H-V6 seed -1", { seed: -1 }],
    ["H-V6 seed 2^31", { seed: 2_147_483_648 }],
    ["H-V7 callback inside input", { callback: { url } }],
    ["H-V8 last frame alone", { last_frame_url: url }],
    ["a flag as text", { generate_audio: "yes" }],
    ["a reference that is no URL", { reference_image_urls: ["cup.jpg"] }],
  ])("is refused: %s", async (_, input) => {
    await using client = await openSimulator();
    const refused = await client.hiapi.create(input);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ code: 400, data: null, error_code: "INVALID_REQUEST" });
    expect((await client.ledger()).at("charges")).toBe(0);
  });

  test.each([
    ["3 characters", { prompt: "cup" }],
    ["3 characters of four bytes", { prompt: "🎬🎬🎬" }],
    ["20,000 characters", { prompt: "x".repeat(20_000) }],
    ["no ratio", { aspect_ratio: undefined }],
    ["adaptive", { aspect_ratio: "adaptive" }],
    ["15 seconds at 1080p", { duration: 15, resolution: "1080p" }],
    ["nine references", { reference_image_urls: urls(9) }],
    [
      "frames and seven references together nine",
      { first_frame_url: url, last_frame_url: url, reference_image_urls: urls(7) },
    ],
    [
      "frames by data URI and asset id",
      { first_frame_url: "data:image/png;base64,AA==", last_frame_url: "asset://a-1" },
    ],
    ["seed 0", { seed: 0 }],
    ["seed 2^31-1", { seed: 2_147_483_647 }],
    ["audio alone, which the page does not mention", { reference_audio_urls: urls(1) }],
  ])("is accepted: %s", async (_, input) => {
    await using client = await openSimulator();
    expect((await client.hiapi.create(input)).status).toBe(200);
  });

  test.each([
    ["H-V9 frames beside references", { first_frame_url: url, reference_image_urls: urls(1) }],
    ["H-V13 audio alone", { reference_audio_urls: urls(1) }],
  ])("is refused by the strict reading: %s", async (_, input) => {
    await using client = await openSimulator({ reading: "strict" });
    expect((await client.hiapi.create(input)).status).toBe(400);
  });
});

describe("body", () => {
  test.each([
    ["http callback", { callback: { url: "http://127.0.0.1:9/callback" } }],
    ["another time for callbacks", { callback: { url, when: "always" } }],
    ["unknown storage", { storage: "forever" }],
  ])("is refused: %s", async (_, more) => {
    await using client = await openSimulator();
    expect(await client.hiapi.create({}, { more })).toMatchObject({ status: 400 });
  });

  test("allowHttpCallbacks: accepts http callbacks of this machine only", async () => {
    await using client = await openSimulator({ allowHttpCallbacks: true });
    const status = async (callback: string) =>
      (await client.hiapi.create({}, { more: { callback: { url: callback } } })).status;
    expect(await status("http://127.0.0.1:9/callback")).toBe(200);
    expect(await status("http://localhost.example.com/callback")).toBe(400);
    expect(await status("http://192.168.0.1/callback")).toBe(400);
  });

  test("lists the routes in the refusal of an unknown route", async () => {
    await using client = await openSimulator();
    const refused = await client.hiapi.create({}, { more: { route: "turbo" } });
    expect(refused.status).toBe(400);
    expect(refused.at("message")).toContain("default, ext, pro");
  });

  test("refuses an unknown model with MODEL_UNAVAILABLE", async () => {
    await using client = await openSimulator();
    const refused = await client.hiapi.create({}, { more: { model: "seedance-9" } });
    expect(refused.body).toMatchObject({ code: 400, error_code: "MODEL_UNAVAILABLE" });
  });

  test.each([
    ["is not JSON", "{", { "content-type": "application/json" }, 400],
    ["is empty", "", { "content-type": "application/json" }, 400],
    ["is no object", "[]", { "content-type": "application/json" }, 400],
    ["is not declared as JSON", "{}", { "content-type": "text/plain" }, 415],
    ["is larger than 10 MB", `"${"x".repeat(10_000_000)}"`, { "content-type": "application/json" }, 413],
  ])("is refused in the envelope if it %s", async (_, body, headers, status) => {
    await using client = await openSimulator();
    const refused = await client.hiapi.post(body, { headers });
    expect(refused.status).toBe(status);
    expect(refused.body).toMatchObject({ code: status, data: null, error_code: "INVALID_REQUEST" });
  });

  test("answers 404 in the envelope for an unknown path", async () => {
    await using client = await openSimulator();
    expect((await client.get("/hiapi/v2/tasks")).body).toEqual({ code: 404, message: "not found", data: null });
  });
});
