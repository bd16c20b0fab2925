import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";
import { describeMp4 } from "./testing/mp4-boxes.ts";

async function videoUrl(client: TestClient, body: object = {}): Promise<string> {
  return String((await client.jiekou.read(await client.jiekou.start(body))).at("videos.0.video_url"));
}

async function download(url: string, headers: Record<string, string> = {}): Promise<[Response, Buffer]> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
  return [response, Buffer.from(await response.arrayBuffer())];
}

const shapes = {
  "16:9": 16 / 9,
  "4:3": 4 / 3,
  "1:1": 1,
  "3:4": 3 / 4,
  "9:16": 9 / 16,
  "21:9": 21 / 9,
  adaptive: 16 / 9,
};

describe("a video", () => {
  test.each(Object.entries(shapes))(
    "of %s has that aspect ratio and the requested seconds, 4 to 15",
    async (ratio, shape) => {
      await using client = await openSimulator({ clockFactor: 1 });
      for (let duration = 4; duration <= 15; duration++) {
        const [response, file] = await download(await videoUrl(client, { ratio, duration }));
        expect(response.headers.get("content-type")).toBe("video/mp4");
        const video = describeMp4(file);
        expect(video.seconds).toBe(duration);
        expect(video.width / video.height).toBeCloseTo(shape, 1);
        expect(video.boxes).toEqual(["ftyp", "moov", "free", "mdat", "free"]);
      }
    },
  );

  test("is a different file for every task, with a strong ETag and a length", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const [first, firstFile] = await download(await videoUrl(client));
    const [second, secondFile] = await download(await videoUrl(client));
    expect(firstFile.equals(secondFile)).toBe(false);
    expect(first.headers.get("etag")).toMatch(/^"[^"]+"$/);
    expect(first.headers.get("etag")).not.toBe(second.headers.get("etag"));
    expect(first.headers.get("content-length")).toBe(String(firstFile.length));
    expect(first.headers.get("accept-ranges")).toBe("bytes");
  });

  test("is padded to exactly `outputBytes` and stays valid", async () => {
    await using client = await openSimulator({ clockFactor: 1, outputBytes: 5_000_001 });
    const [response, file] = await download(await videoUrl(client, { duration: 7 }));
    expect(file.length).toBe(5_000_001);
    expect(response.headers.get("content-length")).toBe("5000001");
    expect(describeMp4(file).seconds).toBe(7);
  });

  test("is always the same small clip with `outputs: tiny`", async () => {
    await using client = await openSimulator({ clockFactor: 1, outputs: "tiny" });
    const [, file] = await download(await videoUrl(client, { duration: 15, ratio: "21:9" }));
    expect(file.length).toBeLessThan(6_000);
    expect(describeMp4(file)).toMatchObject({ seconds: 4, width: 112, height: 112 });
  });

  test("has a last frame of the same aspect ratio", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const done = await client.jiekou.read(await client.jiekou.start({ ratio: "9:16", return_last_frame: true }));
    const [response, file] = await download(String(done.at("images.0.image_url")));
    expect(response.headers.get("content-type")).toBe("image/png");
    expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([360, 640]);
  });
});

describe("ranges", () => {
  test.each([
    ["bytes=0-99", 0, 100],
    ["bytes=100-", 100, undefined],
    ["bytes=-50", -50, undefined],
    ["bytes=4000-1999999", 4_000, 2_000_000],
    ["bytes=2999990-9999999", 2_999_990, undefined],
  ])("%s: 206 with exactly those bytes", async (range, start, end) => {
    await using client = await openSimulator({ clockFactor: 1, outputBytes: 3_000_000 });
    const url = await videoUrl(client);
    const [, whole] = await download(url);
    const [response, part] = await download(url, { range });
    const expected = whole.subarray(start, end);
    expect(response.status).toBe(206);
    expect(part.equals(expected)).toBe(true);
    const first = start < 0 ? whole.length + start : start;
    expect(response.headers.get("content-range")).toBe(`bytes ${first}-${first + expected.length - 1}/${whole.length}`);
    expect(response.headers.get("content-length")).toBe(String(expected.length));
  });

  test("a range beyond the end: 416 with the size", async () => {
    await using client = await openSimulator({ clockFactor: 1, outputBytes: 10_000 });
    const [response] = await download(await videoUrl(client), { range: "bytes=10000-" });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */10000");
  });

  test("If-Range with another ETag: the whole file", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const url = await videoUrl(client);
    const [whole, file] = await download(url);
    const etag = whole.headers.get("etag") ?? "";
    expect((await download(url, { range: "bytes=0-9", "if-range": etag }))[0].status).toBe(206);
    const [other, otherFile] = await download(url, { range: "bytes=0-9", "if-range": '"another"' });
    expect([other.status, otherFile.length]).toEqual([200, file.length]);
  });
});

describe("URLs", () => {
  test("answer 403 after their expiry; a new read of the task signs a new URL", async () => {
    // 3,600 provider-seconds pass in a second.
    await using client = await openSimulator({ clockFactor: 3_600 });
    const id = await client.jiekou.start();
    const first = String((await client.jiekou.read(id)).at("videos.0.video_url"));
    expect((await fetch(first)).status).toBe(200);
    await soon(async () => (await fetch(first)).status).toBe(403);
    const second = String((await client.jiekou.read(id)).at("videos.0.video_url"));
    expect((await fetch(second)).status).toBe(200);
  });

  test("answer 403 if changed after signing, 404 for a missing file", async () => {
    await using client = await openSimulator({ clockFactor: 1 });
    const url = await videoUrl(client);
    expect((await fetch(url.replace(/signature=.{4}/, "signature=0000"))).status).toBe(403);
    expect((await fetch(url.replace(/expires=\d/, "expires=9"))).status).toBe(403);
    expect((await fetch(url.replace("0.mp4", "1.mp4"))).status).toBe(404);
  });

  test.each([
    ["url-expired", 1],
    ["url-expired*2", 2],
  ])("%s: the URL answers 403, and a URL from a later read works", async (fault, times) => {
    await using client = await openSimulator({ clockFactor: 1 });
    const id = await client.hiapi.start({ prompt: `cup [[fault:${fault}]]` });
    const statuses = [];
    for (let number = 0; number <= times; number++) {
      const url = String((await client.hiapi.read(id)).at("data.output.0.url"));
      statuses.push((await fetch(url)).status, (await fetch(url)).status);
    }
    expect(statuses).toEqual([...Array(2 * times).fill(403), 200, 200]);
  });

  test("success-no-url: absent from the first two successful reads", async () => {
    await using client = await openSimulator();
    const [hiapi, jiekou] = [
      await client.hiapi.start({ prompt: "cup [[fault:success-no-url]]" }),
      await client.jiekou.start({ prompt: "frog [[fault:success-no-url]]" }),
    ];
    for (const count of [0, 0, 1]) {
      expect((await client.hiapi.read(hiapi)).at("data")).toMatchObject({ status: "success" });
      expect((await client.jiekou.read(jiekou)).at("videos")).toHaveLength(count);
    }
    expect((await client.hiapi.read(hiapi)).at("data.output")).toHaveLength(1);
  });

  test("start with `publicUrl` if set", async () => {
    await using client = await openSimulator({ publicUrl: "http://simulator:3199/" });
    expect(await videoUrl(client)).toMatch(/^http:\/\/simulator:3199\/files\//);
  });
});

test("file-truncated: the first download breaks off halfway; a Range request gets the rest", async () => {
  await using client = await openSimulator({ clockFactor: 1, outputBytes: 2_000_000 });
  const url = await videoUrl(client, { prompt: "frog [[fault:file-truncated]]" });
  const { promised, bytes, complete } = await rawDownload(url);
  expect([promised, bytes, complete]).toEqual(["2000000", 1_000_000, false]);
  const [response, rest] = await download(url, { range: "bytes=1000000-" });
  expect([response.status, rest.length]).toEqual([206, 1_000_000]);
  const [, whole] = await download(url);
  expect(describeMp4(whole).seconds).toBe(4);
});

test.each([
  ["landscape.jpg", "image/jpeg"],
  ["portrait.jpg", "image/jpeg"],
  ["square.png", "image/png"],
  ["landscape-480p-3s.mp4", "video/mp4"],
  ["portrait-480p-2s.mp4", "video/mp4"],
  ["tone-3s.mp3", "audio/mpeg"],
  ["tone-2s.wav", "audio/wav"],
])("sample media: %s", async (name, type) => {
  await using client = await openSimulator();
  const [response, file] = await download(`${client.simulator.url}/media/${name}`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
  expect(file.length).toBeGreaterThan(1_000);
  if (type === "video/mp4") expect(describeMp4(file).seconds).toBe(Number(/-(\d)s/.exec(name)?.[1]));
  const head = await fetch(`${client.simulator.url}/media/${name}`, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe(String(file.length));
});

test("sample media: no file outside the folder", async () => {
  await using client = await openSimulator();
  for (const path of ["/media/none.png", "/media/..%2Fmake.sh", "/media/%2e%2e%2fmake.sh"]) {
    expect((await client.get(path)).status).toBe(404);
  }
});

function rawDownload(url: string): Promise<{ promised: string | undefined; bytes: number; complete: boolean }> {
  return new Promise((resolve, reject) => {
    request(url, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("error", () => undefined);
      const { "content-length": promised } = response.headers;
      response.on("close", () => resolve({ promised, bytes, complete: response.complete }));
    })
      .on("error", reject)
      .end();
  });
}
