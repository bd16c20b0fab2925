import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Enqueued, Generation, MediaView } from "@reelqueue/contracts";
import { pngFile } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { row, withVideo } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe("outputs", () => {
  const video = randomBytes(100_000);
  let path = "";
  beforeAll(async () => {
    path = `/v1/generations/${await withVideo(api, video)}/outputs/0`;
  });
  const get = (range?: string, more: Record<string, string> = {}) =>
    api.call(path, { headers: { ...(range && { range }), ...more } });

  const statusOf = async (range: string, more: Record<string, string> = {}) => {
    const answer = await get(range, more);
    await answer.arrayBuffer();
    return answer.status;
  };

  test("the whole file is sent as an attachment with nosniff", async () => {
    const answer = await get();
    expect(Buffer.from(await answer.arrayBuffer()).equals(video)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "video/mp4",
      "content-length": `${video.length}`,
      "content-disposition": expect.stringMatching(/^attachment; filename="\w+-0\.mp4"$/),
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
    });
  });

  test.each([
    ["bytes=0-9", 0, 10],
    ["bytes=99990-", 99_990, 100_000],
    ["bytes=-5", 99_995, 100_000],
    ["bytes=99990-999999", 99_990, 100_000],
  ])("Range %s: that part", async (range, start, end) => {
    const answer = await get(range);
    expect([answer.status, answer.headers.get("content-range")]).toEqual([206, `bytes ${start}-${end - 1}/100000`]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(video.subarray(start, end))).toBe(true);
  });

  test("a range past the end is 416; any other than one range is the whole file", async () => {
    expect(await statusOf("bytes=100000-")).toBe(416);
    for (const range of ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-"]) expect(await statusOf(range)).toBe(200);
  });

  test("If-Range with another etag: the whole file", async () => {
    const etag = (await api.call(path, { method: "HEAD" })).headers.get("etag") ?? "";
    expect(await statusOf("bytes=0-9", { "if-range": etag })).toBe(206);
    expect(await statusOf("bytes=0-9", { "if-range": '"x"' })).toBe(200);
  });

  test.each([
    ["whole", {}, 200],
    ["a part", { range: "bytes=5-9" }, 206],
    ["beyond the end", { range: "bytes=100000-" }, 416],
    ["If-None-Match of the file", { "if-none-match": 'W/"x", W/ETAG' }, 304],
    ["If-None-Match of any file", { "if-none-match": "*" }, 304],
    ["If-None-Match of another file", { "if-none-match": '"x"' }, 200],
    ["If-Match of the file", { "if-match": '"x", ETAG' }, 200],
    ["If-Match of another file", { "if-match": '"x"' }, 412],
    ["If-Match by a weak name", { "if-match": "W/ETAG" }, 412],
    ["If-Match before If-None-Match", { "if-match": '"x"', "if-none-match": "ETAG" }, 412],
  ])("GET and HEAD are answered alike: %s", async (_, headers, status) => {
    const etag = (await api.call(path, { method: "HEAD" })).headers.get("etag") ?? "";
    const sent = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, text.replace("ETAG", etag)]));
    const [got, head] = [await get(undefined, sent), await api.call(path, { method: "HEAD", headers: sent })];
    const bytes = (await got.arrayBuffer()).byteLength;
    expect([got.status, head.status, await head.text()]).toEqual([status, status, ""]);
    const shown = (answer: Response) =>
      Object.entries(Object.fromEntries(answer.headers)).filter(
        ([name]) => !/^(date|x-request-id|keep-alive|connection|transfer-encoding)$/.test(name),
      );
    expect(shown(head)).toEqual(shown(got));
    expect([got.headers.get("etag"), bytes > 0]).toEqual([etag, status < 300]);
  });

  test("HEAD of a file that was deleted is 404, as GET is", async () => {
    const id = await withVideo(api, Buffer.from("gone"));
    const key = (await jsonOf<Generation>(api.call(`/v1/generations/${id}`))).outputs[0]?.key ?? "";
    await rm(join(api.installation.config.outputs.directory, key));
    for (const method of ["GET", "HEAD"])
      expect((await api.call(`/v1/generations/${id}/outputs/0`, { method })).status).toBe(404);
  });

  test("HEAD: the size without the bytes", async () => {
    const answer = await api.call(path, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "100000", ""]);
  });

  test("an unknown output is 404, and one whose file was deleted", async () => {
    for (const n of ["1", "-1", "x", "0x0", "99999"]) await errorIn(await api.call(path.replace(/0$/, n)), 404);
    const id = await withVideo(api, Buffer.from("x"));
    await rm(join(api.installation.config.outputs.directory), { recursive: true });
    expect((await errorIn(await api.call(`/v1/generations/${id}/outputs/0`), 404)).message).toContain(
      "no longer on this server",
    );
  });
});

describe("media", () => {
  const png = pngFile(640, 480);
  const put = (body: unknown, type = "image/png") => api.call("/v1/media", { body, headers: { "content-type": type } });

  test("the same bytes sent twice are one file with one URL, and a generation can use it", async () => {
    const first = await put(png);
    const view = await jsonOf<MediaView>(first);
    expect([first.status, view]).toEqual([
      201,
      { url: `media://${view.sha256}.png`, bytes: png.length, sha256: view.sha256, contentType: "image/png" },
    ]);
    expect(await jsonOf<MediaView>(put(png, "application/octet-stream"))).toEqual(view);
    const body = { ...row, account: "jiekou", images: [{ url: view.url, role: "first_frame" }] };
    const { generation } = await jsonOf<Enqueued>(api.call("/v1/generations", { body }));
    expect(generation.request.images).toEqual([{ url: view.url, role: "first_frame" }]);
  });

  test("a file type that no provider takes is 415, whatever Content-Type says", async () => {
    await errorIn(await put("<html></html>"), 415);
    await errorIn(await put(png, "video/mp4"), 415);
  });

  test("a file over the limit is 413, by its Content-Length or while it is sent", async () => {
    expect((await errorIn(await put(Buffer.alloc(65 * 1_048_576)), 413)).code).toBe("too_large");
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 1_048_576;
        controller.enqueue(
          sent === 1_048_576 ? Buffer.concat([png, Buffer.alloc(1_048_576)]) : Buffer.alloc(1_048_576),
        );
        if (sent > 80 * 1_048_576) controller.close();
      },
    });
    expect((await errorIn(await put(endless), 413)).code).toBe("too_large");
  });

  test("a gzipped file is stored as it is inside; beyond the limit it is 413", async () => {
    const sent = (bytes: Buffer) =>
      api.call("/v1/media", {
        body: gzipSync(bytes),
        headers: { "content-type": "image/png", "content-encoding": "gzip" },
      });
    expect(await jsonOf<MediaView>(sent(png))).toMatchObject({ bytes: png.length });
    await errorIn(await sent(Buffer.concat([png, Buffer.alloc(65 * 1_048_576)])), 413);
  });

  test("no body: 400", async () => {
    await errorIn(await api.call("/v1/media", { method: "POST" }), 400);
  });
});
