import { createEgress } from "@reelqueue/egress";
import { afterAll, describe, expect, test } from "vitest";
import type { MediaStore } from "../../media-store/media-store.ts";
import { probe } from "../probe.ts";
import { asDataUri, sample, samples } from "../test-samples.ts";

const http = createEgress();
afterAll(() => http.close());
const media = {} as MediaStore;
const look = (bytes: Buffer, kind: Parameters<typeof probe>[1] = "video", timeoutMs = 20_000) =>
  probe(asDataUri(bytes), kind, { http, media, timeoutMs });

const billions = 0xffffffff;

/** Three seconds of video that claim to be four billion frames, for each of which a parser makes an entry in memory. */
function endlessInMemory(): Buffer {
  const lying = sample("moov-at-front.mp4");
  const table = lying.indexOf("stts");
  expect(lying.readUInt32BE(table + 12)).toBe(72);
  lying.writeUInt32BE(billions, table + 12);
  return lying;
}

/** Two seconds of video with four billion shifts, again and again, of frames that are not there: only time is spent. */
function endlessInTime(): Buffer {
  const lying = sample("picture.mov");
  const table = lying.indexOf("ctts");
  const entries = lying.readUInt32BE(table + 8);
  expect(entries).toBeGreaterThan(10);
  for (let n = 0; n < entries; n++) lying.writeUInt32BE(billions, table + 12 + n * 8);
  return lying;
}

describe("a file that breaks its reader", { timeout: 40_000 }, () => {
  test.each([
    ["memory", endlessInMemory],
    ["time", endlessInTime],
  ])("by %s is unknown, while this process goes on, and the next file is read", async (_, endless) => {
    const rssBefore = process.memoryUsage().rss;
    let mostRss = 0;
    let beats = 0;
    const heart = setInterval(() => {
      beats++;
      mostRss = Math.max(mostRss, process.memoryUsage().rss);
    }, 10);
    expect(await look(endless())).toEqual({
      kind: "unknown",
      why: expect.stringContaining("bounds of time and memory"),
    });
    clearInterval(heart);
    expect(beats).toBeGreaterThan(20);
    expect(mostRss - rssBefore).toBeLessThan(600_000_000);
    expect(await look(sample("moov-at-front.mp4"))).toMatchObject({ facts: { seconds: 3 } });
  });

  test("takes none of those with it that are read beside it", async () => {
    const beside = ["moov-at-end.mp4", "picture.mov", "sound.wav"].map((name) => look(sample(name)));
    const all = await Promise.all([look(endlessInTime()), ...beside]);
    expect(all.map(({ kind }) => kind)).toEqual(["unknown", "facts", "facts", "facts"]);
  });

  test("is given up at the deadline, even in the middle of a thought", async () => {
    const before = performance.now();
    expect(await look(endlessInTime(), "video", 300)).toEqual({ kind: "unreachable", why: "not read within 300 ms" });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe("a file that is cut short", { timeout: 40_000 }, () => {
  test.each(["moov-at-end.mp4", "moov-at-front.mp4", "picture.mov"])(
    "is not taken for a whole one: %s",
    async (name) => {
      const bytes = sample(name);
      for (const part of [0.99, 0.5, 0.1]) {
        expect(await look(bytes.subarray(0, bytes.length * part)), `${part}`).toMatchObject({ kind: "unknown" });
      }
    },
  );

  test.each(["sound.wav", "bare-vbr.mp3", "vbr.mp3"])("is as long as what is left of it: %s", async (name) => {
    const bytes = sample(name);
    const whole = await look(bytes, "audio");
    const half = await look(bytes.subarray(0, bytes.length * 0.6), "audio");
    if (whole.kind !== "facts" || half.kind !== "facts") return expect.unreachable();
    expect(half.facts.seconds).toBeLessThan((whole.facts.seconds ?? 0) - 0.3);
  });

  test.each(samples)("never breaks anything: %s", async (name, kind, { width, height }) => {
    const bytes = sample(name);
    const cuts = [1, 3, 7, 11, 13, 23, 25, 28, 31, 60, 100, 200, bytes.length - 1];
    for (const probed of await Promise.all(cuts.map((cut) => look(bytes.subarray(0, cut), kind)))) {
      expect(["facts", "unknown"]).toContain(probed.kind);
      if (probed.kind === "facts" && width) expect(probed.facts).toMatchObject({ width, height });
    }
  });
});

describe("a file that lies", () => {
  test("about its type is what its bytes are", async () => {
    const png = `data:video/mp4;base64,${sample("picture.png").toString("base64")}`;
    expect(await probe(png, "video", { http, media })).toMatchObject({ facts: { format: "png", width: 96 } });
  });

  test("about its length by its header is as long as its frames", async () => {
    const mp4 = sample("moov-at-front.mp4");
    for (const header of ["mvhd", "mdhd", "tkhd"]) {
      for (let at = mp4.indexOf(header); at >= 0; at = mp4.indexOf(header, at + 1)) {
        mp4.writeUInt32BE(99_999_999, at + (header === "tkhd" ? 24 : 20));
      }
    }
    expect(await look(mp4)).toMatchObject({ facts: { seconds: 3 } });
  });

  test("about the size of its sound is as long as its bytes", async () => {
    const wav = sample("sound.wav");
    wav.writeUInt32LE(0xfffffff0, 4);
    wav.writeUInt32LE(0xfffffff0, wav.indexOf("data") + 4);
    expect(await look(wav, "audio")).toMatchObject({ facts: { seconds: 2.5 } });
  });

  test("about where its directory is, is unknown", async () => {
    const tiff = sample("picture.tiff");
    tiff.writeUInt32LE(0xfffffff0, 4);
    expect(await look(tiff, "image")).toMatchObject({ kind: "unknown" });
  });

  test("in any of its bytes never breaks anything", async () => {
    const random = numbersFrom(1);
    for (const [name, kind] of samples) {
      const bytes = sample(name);
      const broken = Array.from({ length: 12 }, () => {
        const copy = Buffer.from(bytes);
        for (let n = 0; n < 8; n++) copy[Math.floor(random() ** 3 * copy.length)] = Math.floor(random() * 256);
        return look(copy, kind);
      });
      for (const { kind: outcome } of await Promise.all(broken)) expect(["facts", "unknown"]).toContain(outcome);
    }
  }, 60_000);
});

test("what is no medium at all is unknown", async () => {
  const random = numbersFrom(2);
  const noise = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(random() * 256)));
  const files = [
    noise,
    Buffer.from("%PDF-1.7 ..."),
    Buffer.from("PK\x03\x04"),
    Buffer.from("BMW and nothing else"),
    Buffer.alloc(100_000),
  ];
  for (const bytes of files) expect(await look(bytes, "image")).toMatchObject({ kind: "unknown" });
});

/** The same random numbers at every run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
