import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEgress } from "@reelqueue/egress";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDiskMedia } from "../media-store/disk-media.ts";
import type { MediaStore } from "../media-store/media-store.ts";
import { probe } from "./probe.ts";
import { asDataUri, sample, samples } from "./test-samples.ts";
import { serveChunked, serveParts, serveWhole } from "./test-server.ts";

const http = createEgress({ allowPrivate: ["127.0.0.0/8"] });
let directory: string;
let media: MediaStore;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelqueue-probe-"));
  media = await openDiskMedia({ directory, minFreeBytes: 0, maxFileBytes: 1e8 });
});
afterAll(async () => {
  await http.close();
  await rm(directory, { recursive: true });
});

describe.each(samples)("%s (%s)", (name, kind, expected) => {
  const bytes = sample(name);
  const facts = { kind: "facts", facts: { ...expected, bytes: bytes.length } };

  test("has these facts in a data URI, whatever the declared type", async () => {
    expect(await probe(asDataUri(bytes), kind, { http, media })).toEqual(facts);
  });

  test("has these facts in the media store", async () => {
    const put = await media.put(bytes);
    if (put.kind !== "stored") return expect(["webm", "ogg"]).toContain(expected.format);
    expect(await probe(put.url, kind, { http, media })).toEqual(facts);
  });

  test.each([
    ["with Range support", serveParts],
    ["without Range support", serveWhole],
    ["without Content-Length", serveChunked],
  ])("has these facts on a server %s", async (_, start) => {
    await using server = await start(bytes);
    expect(await probe(server.url, kind, { http, media })).toEqual(facts);
  });
});

test("seconds: the video track of a file used as video, the audio track of one used as audio", async () => {
  const uri = asDataUri(sample("fragments.mp4"));
  const lengths = await Promise.all((["video", "audio"] as const).map((kind) => probe(uri, kind, { http, media })));
  expect(lengths).toMatchObject([{ facts: { seconds: 3 } }, { facts: { seconds: 3.083 } }]);
});

test("seconds of an MP3: exact within 0.1 s at any bit rate, with or without a header", async () => {
  for (const name of ["cbr.mp3", "bare-cbr.mp3", "vbr.mp3", "bare-vbr.mp3"]) {
    const probed = await probe(asDataUri(sample(name)), "audio", { http, media });
    const seconds = probed.kind === "facts" ? probed.facts.seconds : undefined;
    expect(Math.abs((seconds ?? 0) - 2.5), name).toBeLessThan(0.1);
  }
});

test("seconds of an MP3: counted by its frames, not read from its header", async () => {
  const lying = sample("vbr.mp3");
  const header = lying.indexOf("Xing");
  expect(lying.readUInt32BE(header + 8)).toBe(97);
  lying.writeUInt32BE(500, header + 8);
  expect(await probe(asDataUri(lying), "audio", { http, media })).toMatchObject({ facts: { seconds: 2.534 } });
});

test("size of a JPEG: found after half a megabyte of profiles and previews", async () => {
  const jpeg = sample("picture.jpg");
  const segment = Buffer.concat([Buffer.from("ffe2ffff", "hex"), Buffer.alloc(65_533)]);
  const long = Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(8).fill(segment), jpeg.subarray(2)]);
  expect(await probe(asDataUri(long), "image", { http, media })).toMatchObject({ facts: { width: 96, height: 54 } });
});

test.each([
  ["asset://asset-1", "readable by its provider only"],
  ["/tmp/picture.png", "not an https://"],
  ["ftp://127.0.0.1/picture.png", "not an https://"],
  ["data:image/png,abc", "a data URI that does not begin"],
])("%s is unknown", async (url, reason) => {
  expect(await probe(url, "image", { http, media })).toEqual({
    kind: "unknown",
    reason: expect.stringContaining(reason),
  });
});

test("a missing file of the media store is unreachable; a file above maxBytes is refused", async () => {
  const missing = `media://${"0".repeat(64)}.png`;
  expect(await probe(missing, "image", { http, media })).toMatchObject({ kind: "unreachable" });
  const large = asDataUri(Buffer.alloc(1_000));
  expect(await probe(large, "image", { http, media, maxBytes: 999 })).toMatchObject({ kind: "refused" });
  const put = await media.put(sample("late-directory.tiff"));
  const url = put.kind === "stored" ? put.url : "";
  expect(await probe(url, "image", { http, media, maxBytes: 999 })).toMatchObject({ kind: "refused" });
});
