import { createEgress } from "@reelqueue/egress";
import { afterAll, describe, expect, test } from "vitest";
import type { MediaStore } from "../../media-store/media-store.ts";
import { probe } from "../probe.ts";
import { asDataUri, sample, samples } from "../test-samples.ts";

const http = createEgress();
afterAll(() => http.close());
const media = {} as MediaStore;
const inspect = (bytes: Buffer, kind: Parameters<typeof probe>[1] = "video", timeoutMs = 20_000) =>
  probe(asDataUri(bytes), kind, { http, media, timeoutMs });

const billions = 0xffffffff;

/** A video of 3 s that claims four billion frames; the parser allocates an entry for each. */
function endlessInMemory(): Buffer {
  const lying = sample("moov-at-front.mp4");
  const table = lying.indexOf("stts");
  expect(lying.readUInt32BE(table + 12)).toBe(72);
  lying.writeUInt32BE(billions, table + 12);
  return lying;
}

/** A video of 2 s with many entries of four billion frame offsets each: the parser spends time, not memory. */
function endlessInTime(): Buffer {
  const lying = sample("picture.mov");
  const table = lying.indexOf("ctts");
  const entries = lying.readUInt32BE(table + 8);
  expect(entries).toBeGreaterThan(10);
  for (let n = 0; n < entries; n++) lying.writeUInt32BE(billions, table + 12 + n * 8);
  return lying;
}

describe("a file that exhausts its parser", { timeout: 40_000 }, () => {
  test.each([
    ["memory", endlessInMemory],
    ["time", endlessInTime],
  ])("%s: unknown; this process keeps running, and the next file is parsed", async (_, endless) => {
    const rssBefore = process.memoryUsage().rss;
    let mostRss = 0;
    let ticks = 0;
    const timer = setInterval(() => {
      ticks++;
      mostRss = Math.max(mostRss, process.memoryUsage().rss);
    }, 10);
    expect(await inspect(endless())).toEqual({
      kind: "unknown",
      reason: expect.stringContaining("limits of time and memory"),
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
    expect(mostRss - rssBefore).toBeLessThan(600_000_000);
    expect(await inspect(sample("moov-at-front.mp4"))).toMatchObject({ facts: { seconds: 3 } });
  });

  test("concurrently parsed files are not affected", async () => {
    const beside = ["moov-at-end.mp4", "picture.mov", "sound.wav"].map((name) => inspect(sample(name)));
    const all = await Promise.all([inspect(endlessInTime()), ...beside]);
    expect(all.map(({ kind }) => kind)).toEqual(["unknown", "facts", "facts", "facts"]);
  });

  test("deadline: unreachable, even while the parser runs", async () => {
    const before = performance.now();
    expect(await inspect(endlessInTime(), "video", 300)).toEqual({
      kind: "unreachable",
      reason: "not read within 300 ms",
    });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe("a truncated file", { timeout: 40_000 }, () => {
  test.each(["moov-at-end.mp4", "moov-at-front.mp4", "picture.mov"])("unknown: %s", async (name) => {
    const bytes = sample(name);
    for (const part of [0.99, 0.5, 0.1]) {
      expect(await inspect(bytes.subarray(0, bytes.length * part)), `${part}`).toMatchObject({ kind: "unknown" });
    }
  });

  test.each(["sound.wav", "bare-vbr.mp3", "vbr.mp3"])("has the length of its remaining bytes: %s", async (name) => {
    const bytes = sample(name);
    const whole = await inspect(bytes, "audio");
    const half = await inspect(bytes.subarray(0, bytes.length * 0.6), "audio");
    if (whole.kind !== "facts" || half.kind !== "facts") return expect.unreachable();
    expect(half.facts.seconds).toBeLessThan((whole.facts.seconds ?? 0) - 0.3);
  });

  test.each(samples)("is facts or unknown at any cut: %s", async (name, kind, { width, height }) => {
    const bytes = sample(name);
    const cuts = [1, 3, 7, 11, 13, 23, 25, 28, 31, 60, 100, 200, bytes.length - 1];
    for (const probed of await Promise.all(cuts.map((cut) => inspect(bytes.subarray(0, cut), kind)))) {
      expect(["facts", "unknown"]).toContain(probed.kind);
      if (probed.kind === "facts" && width) expect(probed.facts).toMatchObject({ width, height });
    }
  });
});

describe("a file with false data", () => {
  test("declared type: the bytes count", async () => {
    const png = `data:video/mp4;base64,${sample("picture.png").toString("base64")}`;
    expect(await probe(png, "video", { http, media })).toMatchObject({ facts: { format: "png", width: 96 } });
  });

  test("length in the header: the frames count", async () => {
    const mp4 = sample("moov-at-front.mp4");
    for (const header of ["mvhd", "mdhd", "tkhd"]) {
      for (let at = mp4.indexOf(header); at >= 0; at = mp4.indexOf(header, at + 1)) {
        mp4.writeUInt32BE(99_999_999, at + (header === "tkhd" ? 24 : 20));
      }
    }
    expect(await inspect(mp4)).toMatchObject({ facts: { seconds: 3 } });
  });

  test("size of the audio data: the bytes count", async () => {
    const wav = sample("sound.wav");
    wav.writeUInt32LE(0xfffffff0, 4);
    wav.writeUInt32LE(0xfffffff0, wav.indexOf("data") + 4);
    expect(await inspect(wav, "audio")).toMatchObject({ facts: { seconds: 2.5 } });
  });

  test("offset of the TIFF directory: unknown", async () => {
    const tiff = sample("picture.tiff");
    tiff.writeUInt32LE(0xfffffff0, 4);
    expect(await inspect(tiff, "image")).toMatchObject({ kind: "unknown" });
  });

  test("random bytes: facts or unknown", async () => {
    const random = numbersFrom(1);
    for (const [name, kind] of samples) {
      const bytes = sample(name);
      const broken = Array.from({ length: 12 }, () => {
        const copy = Buffer.from(bytes);
        for (let n = 0; n < 8; n++) copy[Math.floor(random() ** 3 * copy.length)] = Math.floor(random() * 256);
        return inspect(copy, kind);
      });
      for (const { kind: outcome } of await Promise.all(broken)) expect(["facts", "unknown"]).toContain(outcome);
    }
  }, 60_000);
});

test("a file that is not media is unknown", async () => {
  const random = numbersFrom(2);
  const noise = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(random() * 256)));
  const files = [
    noise,
    Buffer.from("%PDF-1.7 ..."),
    Buffer.from("PK\x03\x04"),
    Buffer.from("BMW and nothing else"),
    Buffer.alloc(100_000),
  ];
  for (const bytes of files) expect(await inspect(bytes, "image")).toMatchObject({ kind: "unknown" });
});

/** A seeded random number generator (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
