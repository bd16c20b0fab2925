import { describe, expect, test } from "vitest";
import type { SimulatorOptions } from "../../index.ts";
import { openSimulator } from "../../testing/client.ts";

const url = "https://cdn.example.com/file";
const image = (role: string, address = url) => ({ url: address, role });
const images = (role: string, count: number) => Array.from({ length: count }, () => image(role));
const references = (count: number) => ({ image_with_roles: images("reference_image", count) });
const videos = (count: number, address = url) => ({
  video_with_roles: Array.from({ length: count }, () => image("reference_video", address)),
});
const audios = (count: number, address = url) => ({
  audio_with_roles: Array.from({ length: count }, () => image("reference_audio", address)),
});
const png = "data:image/png;base64,AAAA";
const mini = { model: "seedance-2-mini" };
const fast = { model: "seedance-2-fast" };
const frames = { image_with_roles: [image("first_frame"), image("last_frame")] };
const search = { tools: [{ type: "web_search" }] };
const review = { private_asset_review: true };

async function statusOf(body: object, options: SimulatorOptions = {}): Promise<number> {
  await using client = await openSimulator(options);
  const { status } = await client.toapis.create(body);
  expect((await client.ledger()).at("charges")).toBe(status === 200 ? 1 : 0);
  return status;
}

describe("a create", () => {
  test.each([
    ["T-V1 another model", { model: "seedance-3" }],
    ["T-V2 3 seconds", { duration: 3 }],
    ["T-V2 16 seconds", { duration: 16 }],
    ["T-V2 half a second", { duration: 5.5 }],
    ["T-V2 seconds as text", { duration: "5" }],
    ["T-V2 -2 seconds", { duration: -2 }],
    ["T-V2 automatic seconds on mini, 0", { ...mini, duration: 0 }],
    ["T-V2 automatic seconds on mini, -1", { ...mini, duration: -1 }],
    ["T-V4 1080p on fast", { ...fast, resolution: "1080p" }],
    ["T-V4 4k on mini", { ...mini, resolution: "4k" }],
    ["T-V4 an unknown resolution", { resolution: "2k" }],
    ["T-V5 another ratio", { aspect_ratio: "2:1" }],
    ["T-V5 adaptive, which the seed does not list", { aspect_ratio: "adaptive" }],
    ["T-V6 an image without a role", { image_with_roles: [{ url }] }],
    ["T-V6 an image with another role", { image_with_roles: [image("subject")] }],
    ["T-V6 a video with an image's role", { video_with_roles: [image("reference_image")] }],
    ["T-V6 an audio with a video's role", { ...references(1), audio_with_roles: [image("reference_video")] }],
    ["T-V7 ten references", references(10)],
    ["T-V7 two first frames", { image_with_roles: images("first_frame", 2) }],
    ["T-V7 two last frames", { image_with_roles: [image("first_frame"), ...images("last_frame", 2)] }],
    ["T-V8 a frame beside a reference", { image_with_roles: [image("first_frame"), image("reference_image")] }],
    ["T-V8 a frame beside a video", { ...frames, ...videos(1) }],
    ["T-V8 a frame beside an audio", { ...frames, ...audios(1) }],
    ["T-V9 a first frame on mini", { ...mini, image_with_roles: [image("first_frame")] }],
    ["T-V9 the last frame back from mini", { ...mini, return_last_frame: true }],
    ["T-V9 frame mode on mini", { ...mini, media_mode: "frame" }],
    ["T-V10 four videos on mini", { ...mini, ...videos(4) }],
    ["T-V10 four audios on mini", { ...mini, ...references(1), ...audios(4) }],
    ["T-V10 a count for mini", { ...mini, n: 1 }],
    ["T-V10 the audio switch on mini", { ...mini, generate_audio: true }],
    ["T-V11 both kinds of image list", { ...references(1), image_urls: [url] }],
    ["T-V12 audio alone", audios(1)],
    ["T-V13 a search beside an image", { ...search, ...references(1) }],
    ["T-V13 another tool", { tools: [{ type: "calculator" }] }],
    ["T-V14 a video as data", videos(1, "data:video/mp4;base64,AAAA")],
    ["T-V14 an image that is no URL", { image_with_roles: [image("reference_image", "cup.png")] }],
    ["T-V15 an unknown asset", { image_with_roles: [image("reference_image", "asset://nobody-has")] }],
    ["T-V15 an asset in review", { image_with_roles: [image("reference_image", "asset://simulator-processing")] }],
    ["T-V15 an asset that failed", { image_with_roles: [image("reference_image", "asset://simulator-failed")] }],
    ["T-V16 a review of an asset", { ...review, image_with_roles: [image("first_frame", "asset://simulator-active")] }],
    ["T-V16b a review as text", { private_asset_review: "true" }],
    ["T-V16b a URL of 2049 bytes", { ...review, ...videos(1, `https://a.example/${"x".repeat(2_031)}`) }],
    ["T-V16b a URL with a password", { ...review, ...videos(1, "https://user:secret@cdn.example.com/v.mp4") }],
    ["T-V16b an audio as data", { ...review, ...references(1), ...audios(1, "data:audio/mp3;base64,AAAA") }],
    ["nothing at all", { prompt: " " }],
    ["a seed of half", { seed: 0.5 }],
  ])("is refused: %s", async (_, body) => {
    expect(await statusOf(body)).toBe(400);
  });

  test.each([
    ["no model", { model: undefined }],
    ["4 seconds", { duration: 4 }],
    ["15 seconds", { duration: 15 }],
    ["automatic seconds, 0", { duration: 0 }],
    ["automatic seconds, -1, on fast", { ...fast, duration: -1 }],
    ["no seconds at all", { duration: undefined }],
    ["mini without seconds", { ...mini, duration: undefined }],
    ["mini with 7 seconds, which one of two lists allows", { ...mini, duration: 7 }],
    ["4k", { resolution: "4k" }],
    ["720p on mini", { ...mini, resolution: "720p" }],
    ["both frames", frames],
    ["a last frame alone, which the page does not mention", { image_with_roles: [image("last_frame")] }],
    ["nine references", references(9)],
    ["everything at once", { ...references(9), ...videos(3), ...audios(3) }],
    ["five videos, which depend on the channel", videos(5)],
    ["mini with three videos and three audios", { ...mini, ...videos(3), ...audios(3) }],
    ["an image without a prompt", { prompt: undefined, ...references(1) }],
    [
      "an image and an audio as data",
      { image_with_roles: [image("reference_image", png)], ...audios(1, "data:audio/wav;base64,AAAA") },
    ],
    ["an active asset", { image_with_roles: [image("reference_image", "asset://simulator-active")] }],
    ["image_urls", { image_urls: [url] }],
    ["empty lists", { image_with_roles: [], video_with_roles: [], audio_with_roles: [], tools: [] }],
    ["a search", search],
    ["a review of a URL of 2048 bytes", { ...review, ...videos(1, `https://a.example/${"x".repeat(2_030)}`) }],
    ["a review of a bare Base64 image", { ...review, image_with_roles: [image("first_frame", "iVBORw0KGgo=")] }],
    ["a review without media", review],
    ["a seed below zero", { seed: -1 }],
  ])("is accepted: %s", async (_, body) => {
    expect(await statusOf(body)).toBe(200);
  });

  test.each([
    ["T-V3 mini with 7 seconds", { ...mini, duration: 7 }],
    ["T-V7 a last frame alone", { image_with_roles: [image("last_frame")] }],
    ["T-V5 adaptive", { aspect_ratio: "adaptive" }],
    ["T-V9 a first frame on mini", { ...mini, image_with_roles: [image("first_frame")] }],
  ])("is refused by the strict reading: %s", async (_, body) => {
    expect(await statusOf(body, { reading: "strict" })).toBe(400);
  });

  test.each([4, 8, 10, 12, 15])("of mini with %i seconds is accepted by the strict reading", async (duration) => {
    expect(await statusOf({ ...mini, duration }, { reading: "strict" })).toBe(200);
  });

  test.each([
    ["adaptive", { aspect_ratio: "adaptive" }],
    ["both frames on mini", { ...mini, ...frames }],
    ["the last frame back from mini", { ...mini, return_last_frame: true }],
    ["the audio switch on mini", { ...mini, generate_audio: false }],
  ])("is accepted by the newer reading: %s", async (_, body) => {
    expect(await statusOf(body, { reading: "newer" })).toBe(200);
  });

  test("with automatic seconds: integers from 4 to 15, the same for the same prompt", async () => {
    await using client = await openSimulator();
    for (let number = 0; number < 40; number++)
      await client.toapis.create({ duration: 0, prompt: `shiba ${number % 20}` });
    const { tasks } = (await client.get("/simulator/tasks")).body as { tasks: { seconds: number }[] };
    const seconds = tasks.map((task) => task.seconds);
    for (const each of seconds) expect([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]).toContain(each);
    expect(seconds.slice(0, 20)).toEqual(seconds.slice(20));
    expect(new Set(seconds).size).toBeGreaterThan(3);
  });
});

test("a review keeps a task queued for longer, and its create answers queued", async () => {
  // Two provider-minutes of review are 1.2 s here, and the generation itself is done at once.
  await using client = await openSimulator({
    finishAfterPolls: undefined,
    clockFactor: 100,
    generationMs: { median: 0 },
  });
  for (let number = 0; number < 10; number++) {
    const created = await client.toapis.create({ ...review, ...videos(1), prompt: `shiba ${number}` });
    expect(created.body).toMatchObject({ status: "queued", progress: 0 });
  }
  const id = await client.toapis.start({ ...review, ...videos(1) });
  expect((await client.toapis.read(id)).at("status")).toBe("queued");
  expect((await client.toapis.read(await client.toapis.start())).at("status")).toBe("completed");
  await expect.poll(async () => (await client.toapis.read(id)).at("status"), { timeout: 10_000 }).toBe("completed");
});
