import { type GenerationRequest, generationRequest } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { defaultsOf, requestHash } from "./request-hash.ts";

const { images, videos } = generationRequest.shape;
const item = images.unwrap().element;

/**
 * The schema of a later version: new fields in front, in the middle of the order and inside media, each with a default.
 */
const later = z.strictObject({
  camera: z.enum(["free", "fixed"]).default("free"),
  layers: z.array(z.string()).default([]),
  upscale: z.strictObject({ factor: z.int().default(1) }).default({ factor: 1 }),
  ...generationRequest.shape,
  images: z.array(item.extend({ weight: z.number().default(1) })).default([]),
  videos: z.array(videos.unwrap().element.extend({ startSeconds: z.number().default(0) })).default([]),
  priority: generationRequest.shape.priority,
  fps: z.int().default(24),
  caption: z.string().optional(),
});

const old = [
  {},
  { prompt: "a cup", seconds: 8, tags: ["x"], metadata: { order: 7 }, account: "hiapi", batch: "b", priority: 3 },
  { images: [{ url: "https://example.com/a.png" }], videos: [{ url: "https://example.com/a.mp4" }] },
];

function laterHash(input: object): string {
  return requestHash(later.parse(input) as GenerationRequest, defaultsOf(later));
}

test.each(old)("a new field with its default does not change the hash of an old request: %j", (request) => {
  expect(laterHash(request)).toBe(requestHash(generationRequest.parse(request)));
});

test.each([
  { camera: "fixed" },
  { layers: ["sky"] },
  { upscale: { factor: 2 } },
  { fps: 30 },
  { caption: "" },
  { images: [{ url: "https://example.com/a.png", weight: 2 }] },
  { videos: [{ url: "https://example.com/a.mp4", startSeconds: 1 }] },
])("another value of a new field changes the hash: %j", (changed) => {
  const [, , request] = old;
  expect(laterHash({ ...request, ...changed })).not.toBe(laterHash({ ...request }));
});

test("the position of a new field in the schema does not change the hash", () => {
  const { fps, camera, ...rest } = later.shape;
  const reordered = z.strictObject({ fps, ...rest, camera });
  const input = { prompt: "a cup", camera: "fixed", fps: 30 };
  expect(requestHash(reordered.parse(input) as GenerationRequest, defaultsOf(reordered))).toBe(laterHash(input));
});
