import { createEgress } from "@reelqueue/egress";
import type { MediaKind } from "@reelqueue/providers";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { MediaStore } from "../media-store/media-store.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import { sample } from "./test-samples.ts";
import { sendPart, serve, serveChunked, serveParts, serveWhole } from "./test-server.ts";

const http = createEgress({ allowPrivate: ["127.0.0.1/32"] });
const guarded = createEgress();
afterAll(() => Promise.all([http.close(), guarded.close()]));

/** Any use of the media store fails the test. */
const media = new Proxy({} as MediaStore, {
  get: () => expect.unreachable("the media store was used"),
});
const inspect = (url: string, kind: MediaKind = "video", options: Partial<ProbeOptions> = {}) =>
  probe(url, kind, { http, media, ...options });

const front = sample("moov-at-front.mp4");
const end = sample("moov-at-end.mp4");
const facts = { kind: "facts", facts: { format: "mp4", width: 160, height: 90, seconds: 3 } };
const kib64 = 65_536;

describe("reads only the needed bytes", () => {
  test("an image: its first 64 KiB", async () => {
    const large = Buffer.concat([sample("picture.png"), Buffer.alloc(5_000_000)]);
    await using server = await serveParts(large);
    expect(await inspect(server.url, "image")).toMatchObject({
      facts: { format: "png", width: 96, bytes: large.length },
    });
    expect(server.ranges).toEqual(["bytes=0-65535"]);
  });

  test("a video with moov at the front: moov and the last frame", async () => {
    const long = longer(front, 20_000_000);
    await using server = await serveParts(long);
    expect(await inspect(server.url)).toMatchObject({ facts: { seconds: 3, bytes: long.length } });
    expect(server.ranges.length).toBeLessThanOrEqual(3);
    expect(bytesIn(server.ranges)).toBeLessThanOrEqual(5 * kib64);
  });

  test("a video with moov at the end: its head, then its tail", async () => {
    const long = longer(end, 20_000_000);
    await using server = await serveParts(long);
    expect(await inspect(server.url)).toMatchObject({ facts: { seconds: 3, bytes: long.length } });
    expect(server.ranges[0]).toBe("bytes=0-65535");
    expect(server.ranges[1]).toMatch(new RegExp(`^bytes=20\\d{6}-${long.length - 1}$`));
    expect(bytesIn(server.ranges)).toBeLessThanOrEqual(5 * kib64);
  });

  test("a TIFF with its directory after the pixels: its head and the directory", async () => {
    const tiff = sample("late-directory.tiff");
    await using server = await serveParts(tiff);
    expect(await inspect(server.url, "image")).toMatchObject({ facts: { width: 180, height: 136 } });
    expect(server.ranges).toEqual(["bytes=0-65535", `bytes=65536-${tiff.length - 1}`]);
  });

  test("a server without Range support: no further than moov", async () => {
    const long = Buffer.concat([front, Buffer.alloc(50_000_000)]);
    await using server = await serveWhole(long);
    expect(await inspect(server.url)).toMatchObject({ facts: { seconds: 3, bytes: long.length } });
    await vi.waitFor(() => expect(server.sentBytes()).toBeGreaterThan(0));
    expect(server.sentBytes()).toBeLessThan(20_000_000);
  });
});

describe("maxBytes", () => {
  const tenGigabytes = { "content-length": "10000000000" };

  test("a video of 10 GB with moov at the end, without Range support, is refused unread", async () => {
    const head = Buffer.concat([
      end.subarray(0, 32),
      Buffer.from("000000016d64617400000002540be000", "hex"),
      Buffer.alloc(kib64),
    ]);
    await using server = await serve((response) => void response.writeHead(200, tenGigabytes).write(head));
    const probed = await inspect(server.url);
    expect(probed).toEqual({ kind: "refused", reason: "the probe would read more than 60000000 bytes of it" });
    expect(server.ranges).toHaveLength(1);
  });

  test("an image of 10 GB is recognised by its head, and the transfer is aborted", async () => {
    const head = Buffer.concat([sample("picture.png"), Buffer.alloc(kib64)]);
    await using server = await serve((response) => void response.writeHead(200, tenGigabytes).write(head));
    const shown = { format: "png", width: 96, height: 54, bytes: 10_000_000_000 };
    expect(await inspect(server.url, "image")).toEqual({ kind: "facts", facts: shown });
  });

  test("a stream without a length is read up to the limit and refused", async () => {
    await using server = await serve((response) => {
      response.write(end.subarray(0, 100_000));
      const more = () => {
        while (response.write(Buffer.alloc(kib64))) {}
      };
      response.on("drain", more);
      more();
    });
    expect(await inspect(server.url, "video", { maxBytes: 3_000_000 })).toMatchObject({ kind: "refused" });
    await vi.waitFor(() => expect(server.sentBytes()).toBeGreaterThan(0));
    expect(server.sentBytes()).toBeLessThan(20_000_000);
  });

  test("the bytes of all ranges count together", async () => {
    await using server = await serveParts(longer(end, 20_000_000));
    expect(await inspect(server.url, "video", { maxBytes: 2 * kib64 })).toMatchObject({ kind: "refused" });
    expect(bytesIn(server.ranges)).toBeLessThanOrEqual(2 * kib64);
  });

  test("a false length, in a header or in a table, allocates no memory", async () => {
    const lying = Buffer.from(front);
    lying.writeUInt32BE(0xfffffff0, lying.indexOf("moov") - 4);
    await using server = await serve((response, request) => {
      const [, first = "0"] = request.headers.range?.match(/(\d+)-/) ?? [];
      const range = `bytes ${first}-${Number(first) + kib64 - 1}/999999999999999`;
      response.writeHead(206, { "content-range": range }).end(lying.subarray(0, kib64));
    });
    const before = process.memoryUsage().rss;
    expect(await inspect(server.url)).toMatchObject({ kind: "refused" });
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });
});

describe("a faulty server", () => {
  test("slow answer: unreachable at the time limit", async () => {
    await using server = await serve((response) => {
      const drip = setInterval(() => response.write("\0"), 5);
      response.on("close", () => clearInterval(drip));
    });
    const before = performance.now();
    const probed = await inspect(server.url, "video", { timeoutMs: 200 });
    expect(probed).toEqual({ kind: "unreachable", reason: "not read within 200 ms" });
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test("no answer: unreachable at the time limit, or when the caller aborts", async () => {
    await using server = await serve(() => undefined);
    expect(await inspect(server.url, "video", { timeoutMs: 100 })).toMatchObject({ kind: "unreachable" });
    const aborted = inspect(server.url, "video", { signal: AbortSignal.timeout(50) });
    expect(await aborted).toEqual({ kind: "unreachable", reason: "the probe was aborted" });
  });

  test.each([401, 403, 404, 410, 416, 429, 500, 503])("%i: unreachable", async (status) => {
    await using server = await serve((response) => response.writeHead(status).end("no"));
    expect(await inspect(server.url)).toEqual({ kind: "unreachable", reason: `answered ${status}` });
  });

  test("HTML, JSON or an empty body: unknown, with the reason", async () => {
    for (const text of ["<!DOCTYPE html><title>Not found</title>", '\n{"error":"no"}', "\ufeff<html>"]) {
      await using server = await serveWhole(Buffer.from(text), { "content-type": "video/mp4" });
      expect(await inspect(server.url)).toEqual({ kind: "unknown", reason: "it is a text such as HTML or JSON" });
    }
    for (const start of [serveParts, serveWhole, serveChunked]) {
      await using server = await start(Buffer.alloc(0));
      expect(await inspect(server.url)).toEqual({ kind: "unknown", reason: "it is empty" });
    }
  });

  test("incomplete answer: unreachable", async () => {
    await using server = await serve((response) => {
      response.writeHead(200, { "content-length": end.length }).write(end.subarray(0, 100_000));
      setImmediate(() => response.destroy());
    });
    expect(await inspect(server.url)).toMatchObject({ kind: "unreachable" });
    await using short = await serve((response) => {
      response.writeHead(206, { "content-range": `bytes 0-65535/${end.length}` }).end(end.subarray(0, 1_000));
    });
    expect(await inspect(short.url)).toEqual({ kind: "unreachable", reason: "ended after 1000 of 65536 bytes" });
  });

  test("another range than requested, or a later 200: unreachable", async () => {
    await using other = await serve((response) => {
      response.writeHead(206, { "content-range": `bytes 5-65540/${end.length}` }).end(end.subarray(5, 65_541));
    });
    expect(await inspect(other.url)).toMatchObject({ kind: "unreachable" });
    await using fickle = await serve((response, request, n) => {
      if (n === 1) sendPart(response, request, end);
      else response.end(end);
    });
    expect(await inspect(fickle.url)).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("it changed"),
    });
  });

  test("a file replaced by another of the same length: unreachable, not mixed", async () => {
    expect(front.length).toBe(end.length);
    await using server = await serve((response, request, n) => {
      const etag = `"${n === 1 ? "end" : "front"}"`;
      const condition = request.headers["if-range"];
      if (condition !== undefined && condition !== etag) response.end(front);
      else sendPart(response, request, n === 1 ? end : front, { etag });
    });
    expect(await inspect(server.url)).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("it changed"),
    });
  });
});

describe("redirects", () => {
  test("three are followed, the fourth is refused", async () => {
    await using server = await serve((response, request) => {
      const hops = Number(request.url?.match(/\d+$/)?.[0] ?? 0);
      if (hops === 0) sendPart(response, request, front);
      else response.writeHead(302, { location: `/${hops - 1}` }).end();
    });
    const root = new URL(server.url).origin;
    expect(await inspect(`${root}/3`)).toMatchObject(facts);
    expect(await inspect(`${root}/4`)).toMatchObject({ kind: "refused", reason: "more than 3 redirects" });
  });

  test("a redirect to a private address is refused and not connected to", async () => {
    await using canary = await serve((response, request) => sendPart(response, request, front), "127.0.0.2");
    await using server = await serve((response) => response.writeHead(302, { location: canary.url }).end());
    expect(await inspect(server.url)).toMatchObject({ kind: "refused", reason: expect.stringContaining("127.0.0.2") });
    expect(canary.connections()).toBe(0);
  });
});

test("a private address is refused and not connected to", async () => {
  await using canary = await serveParts(front);
  const { port } = new URL(canary.url);
  const addresses = [
    canary.url,
    `http://localhost:${port}/`,
    `https://127.0.0.1:${port}/`,
    "https://169.254.169.254/x.png",
  ];
  for (const url of addresses) {
    expect(await inspect(url, "image", { http: guarded }), url).toMatchObject({ kind: "refused" });
  }
  expect(canary.connections()).toBe(0);
});

/** The same video with this many bytes more after its last frame. */
function longer(video: Buffer, bytes: number): Buffer {
  const long = Buffer.from(video);
  const mdat = long.indexOf("mdat") - 4;
  const end = mdat + long.readUInt32BE(mdat);
  long.writeUInt32BE(end - mdat + bytes, mdat);
  return Buffer.concat([long.subarray(0, end), Buffer.alloc(bytes), long.subarray(end)]);
}

function bytesIn(ranges: string[]): number {
  return ranges.reduce((sum, range) => {
    const [, first = "0", last = "0"] = range.match(/(\d+)-(\d+)/) ?? [];
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}
