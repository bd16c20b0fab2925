import { describe, expect, test } from "vitest";
import type { SimulatorOptions } from "../../index.ts";
import { openSimulator } from "../../testing/client.ts";

const url = "https://cdn.example.com/file";
const text = { type: "text", text: "A glass frog" };
const image = (role?: string, address = url) => ({
  type: "image_url",
  image_url: { url: address },
  ...(role && { role }),
});
const video = (address = url) => ({ type: "video_url", video_url: { url: address }, role: "reference_video" });
const audio = (address = url) => ({ type: "audio_url", audio_url: { url: address }, role: "reference_audio" });
const times = <Each>(count: number, each: Each) => Array.from({ length: count }, () => each);
const content = (...parts: object[]) => ({ content: parts });
const model = (name: string) => ({ model: `doubao-seedance-2-0-${name}` });

async function refusalOf(body: object, options: SimulatorOptions = {}): Promise<unknown> {
  await using client = await openSimulator(options);
  const got = await client.ark.create(body);
  expect((await client.ledger()).at("charges")).toBe(got.status === 200 ? 1 : 0);
  return got.status === 200 ? undefined : `${got.status} ${got.at("error.code")} ${got.at("error.param")}`;
}

test.each([
  ["3 seconds", { duration: 3 }, "duration"],
  ["16 seconds", { duration: 16 }, "duration"],
  ["0 seconds", { duration: 0 }, "duration"],
  ["half a second", { duration: 5.5 }, "duration"],
  ["seconds as text", { duration: "5" }, "duration"],
  ["another ratio", { ratio: "2:1" }, "ratio"],
  ["another resolution", { resolution: "2k" }, "resolution"],
  ["1080p on fast", { ...model("fast-260128"), resolution: "1080p" }, "resolution"],
  ["4k on mini", { ...model("mini-260615"), resolution: "4k" }, "resolution"],
  ["seed -2", { seed: -2 }, "seed"],
  ["seed 2^32", { seed: 4_294_967_296 }, "seed"],
  ["priority 10", { priority: 10 }, "priority"],
  ["an expiry of 3,599 s", { execution_expires_after: 3_599 }, "execution_expires_after"],
  ["an expiry of 259,201 s", { execution_expires_after: 259_201 }, "execution_expires_after"],
  ["the offline tier", { service_tier: "flex" }, "service_tier"],
  ["a flag as text", { generate_audio: "true" }, "generate_audio"],
  ["no parts", content(), "content"],
  ["a blank text alone", content({ type: "text", text: " " }), "content"],
  ["a part of another type", content(text, { type: "draft_task" }), "content.1.type"],
  ["an image's address as text", content(text, { type: "image_url", image_url: url }), "content.1.image_url"],
  ["an image with another role", content(text, image("subject")), "content.1.role"],
  ["two images, one without a role", content(text, image("reference_image"), image()), "content"],
  ["two first frames", content(text, image("first_frame"), image("first_frame")), "content"],
  ["two last frames", content(image("first_frame"), image("last_frame"), image("last_frame")), "content"],
  ["a last frame alone", content(text, image("last_frame")), "content"],
  ["a frame beside a reference", content(image("first_frame"), image("reference_image")), "content"],
  ["a frame beside a video", content(image("first_frame"), video()), "content"],
  ["an image without a role beside a video", content(image(), video()), "content"],
  ["ten references", content(...times(10, image("reference_image"))), "content"],
  ["four videos", content(text, ...times(4, video())), "content"],
  ["four audios", content(video(), ...times(4, audio())), "content"],
  ["audio alone", content(audio()), "content"],
  ["text and audio", content(text, audio()), "content"],
  ["a video as data", content(text, video("data:video/mp4;base64,AAAA")), "content.1.video_url.url"],
  [
    "an audio of another format as data",
    content(video(), audio("data:audio/ogg;base64,AAAA")),
    "content.1.audio_url.url",
  ],
  [
    "an image's format in capitals",
    content(text, image("first_frame", "data:image/PNG;base64,AAAA")),
    "content.1.image_url.url",
  ],
  ["bare Base64", content(text, image("first_frame", "AAAA")), "content.1.image_url.url"],
  ["an http callback", { callback_url: "http://cdn.example.com/hook" }, "callback_url"],
])("is refused: %s", async (_, body, param) => {
  expect(await refusalOf(body)).toBe(`400 InvalidParameter ${param}`);
});

test.each([
  ["no model", { model: undefined }, "400 MissingParameter model"],
  ["no content", { content: undefined }, "400 MissingParameter content"],
  ["a text part without text", content({ type: "text" }), "400 MissingParameter content.0.text"],
  ["another model", { model: "doubao-seedance-3" }, "404 InvalidEndpointOrModel.NotFound "],
])("missing or unknown: %s", async (_, body, refusal) => {
  expect(await refusalOf(body)).toBe(refusal);
});

test.each([
  ["automatic seconds", { duration: -1 }],
  ["15 seconds", { duration: 15 }],
  ["nothing but model and text", { duration: undefined, ratio: undefined, resolution: undefined }],
  ["4k", { resolution: "4k" }],
  ["the international name", { model: "dreamina-seedance-2-0-260128" }],
  ["mini at 720p", { ...model("mini-260615"), resolution: "720p" }],
  ["an image without a role", content(text, image())],
  ["both frames without text", content(image("first_frame"), image("last_frame"))],
  [
    "everything at once",
    content(text, ...times(9, image("reference_image")), ...times(3, video()), ...times(3, audio())),
  ],
  ["an image as data", content(text, image("first_frame", "data:image/heic;base64,AAAA"))],
  ["an audio as data", content(video(), audio("data:audio/wav;base64,AAAA"))],
  ["assets", content(image("reference_image", "asset://a-1"), video("asset://a-2"), audio("asset://a-3"))],
  ["seed -1", { seed: -1 }],
  ["seed 2^32-1", { seed: 4_294_967_295 }],
  ["an expiry of 3,600 s", { execution_expires_after: 3_600 }],
  ["an expiry of 259,200 s", { execution_expires_after: 259_200 }],
  ["priority 9", { priority: 9 }],
])("is accepted: %s", async (_, body) => {
  expect(await refusalOf(body)).toBeUndefined();
});

test("an image of 30 MB as data is refused, one just below is accepted", async () => {
  const of = (bytes: number) => content(image("first_frame", `data:image/png;base64,${"A".repeat((bytes / 3) * 4)}`));
  expect(await refusalOf(of(30_000_000))).toBe("400 InvalidParameter content.0.image_url.url");
  expect(await refusalOf(of(29_999_997))).toBeUndefined();
});

describe("tokens and their price", () => {
  async function billed(body: object): Promise<unknown[]> {
    await using client = await openSimulator();
    const done = await client.ark.read(await client.ark.start(body));
    return [done.at("usage.total_tokens"), (await client.ledger()).at("byVendor.ark.chargedMicroUsd")];
  }

  test.each([
    ["5 s, 720p, 16:9", { duration: 5, resolution: "720p" }, 108_900, 762_300],
    ["4 s, 720p, 16:9", { duration: 4, resolution: "720p" }, 87_300, 611_100],
    ["4 s, 480p, 16:9", { duration: 4, resolution: "480p" }, 40_594, 284_158],
    ["15 s, 1080p, 9:16", { duration: 15, resolution: "1080p", ratio: "9:16" }, 731_025, 5_628_893],
    ["4 s, 4k, 16:9", { duration: 4, resolution: "4k" }, 785_700, 3_142_800],
    ["4 s, 720p, fast", { ...model("fast-260128"), resolution: "720p" }, 87_300, 488_880],
    ["4 s, 720p, mini", { ...model("mini-260615"), resolution: "720p" }, 87_300, 305_550],
    [
      "4 s, 720p, with a clip of 4 s",
      { resolution: "720p", ...content(text, video(`${url}-4s.mp4`)) },
      173_700,
      746_910,
    ],
  ])("%s", async (_, body, tokens, microUsd) => {
    expect(await billed(body)).toEqual([tokens, microUsd]);
  });
});
