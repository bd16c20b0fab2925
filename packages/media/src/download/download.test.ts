import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createEgress } from "@reelqueue/egress";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { openDiscardOutputs, openDiskOutputs } from "../outputs/disk-outputs.ts";
import type { DownloadOutcome, DownloadSource, OutputTarget } from "../outputs/output-store.ts";
import { jpeg, mp4, png, sha256 } from "../outputs/test-files.ts";
import { serve, serveFile, serveRaw } from "./test-server.ts";

const egress = createEgress({ allowPrivate: ["127.0.0.1/32"] });
afterAll(() => egress.close());
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelqueue-download-"));
});
afterEach(() => rm(directory, { recursive: true }));

const target: OutputTarget = { generation: "g1", attempt: 1, kind: "video", createdAt: "2026-11-20T10:00:00.000Z" };
const never = new AbortController().signal;

/** Downloads one file and checks the folder: a stored file with the returned hash, or no file. */
async function downloadFile(
  source: DownloadSource,
  { kind = "video" as OutputTarget["kind"], maxFileBytes = 1e9 } = {},
): Promise<DownloadOutcome> {
  const outputs = await openDiskOutputs({ directory, minFreeBytes: 0, maxFileBytes, egress });
  const outcome = await outputs.download(source, { ...target, kind }, never);
  const names = await readdir(directory, { recursive: true });
  expect(names.filter((name) => /\.(part|mp4|png|jpg|webp)$/.test(name))).toHaveLength(
    outcome.kind === "stored" ? 1 : 0,
  );
  if (outcome.kind === "stored") expect(sha256(await readFile(join(directory, outcome.key)))).toBe(outcome.sha256);
  return outcome;
}

const video = mp4(5_000_000);

test("a broken transfer is resumed: every byte is sent once", async () => {
  await using server = await serveFile(
    () => video,
    '"v1"',
    (n) => (n < 3 ? 2_000_000 : undefined),
  );
  expect(await downloadFile({ url: server.url })).toMatchObject({
    kind: "stored",
    bytes: video.length,
    sha256: sha256(video),
  });
  const starts = server.requests.map((headers) => Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0));
  expect(starts).toHaveLength(3);
  expect(starts[1]).toBeGreaterThan(0);
  expect(starts[2]).toBeGreaterThan(starts[1] ?? 0);
  expect(server.requests.map((headers) => headers["if-range"])).toEqual([undefined, '"v1"', '"v1"']);
});

test.each([
  ["a weak ETag", 'W/"v1"'],
  ["no ETag", undefined],
])("with %s a broken transfer restarts from the first byte", async (_what, etag) => {
  await using server = await serveFile(
    () => video,
    etag,
    (n) => (n === 1 ? 2_000_000 : undefined),
  );
  expect(await downloadFile({ url: server.url })).toMatchObject({ kind: "stored", sha256: sha256(video) });
  expect(server.requests.map((headers) => headers.range)).toEqual([undefined, undefined]);
});

test("a file that changed between two tries is stored in its new version, never mixed", async () => {
  const changed = mp4(500_000);
  await using server = await serve((response, n) => {
    if (n === 1) {
      response.writeHead(200, { etag: '"v1"', "content-length": video.length });
      response.write(video.subarray(0, 4_000_000), () => response.destroy());
    } else response.writeHead(200, { etag: '"v2"', "content-length": changed.length }).end(changed);
  });
  expect(await downloadFile({ url: server.url })).toMatchObject({
    kind: "stored",
    bytes: changed.length,
    sha256: sha256(changed),
  });
  expect(server.requests[1]?.range).toMatch(/^bytes=\d+-$/);
});

test.each([
  ["another range", () => ({ "content-range": `bytes 5-${video.length - 1}/${video.length}` })],
  [
    "a range of a longer file",
    (start: number) => ({ "content-range": `bytes ${start}-${video.length}/${video.length + 1}` }),
  ],
  ["a range of another file", () => ({ etag: '"v2"' })],
  ["a range without Content-Range", () => ({ "content-range": "" })],
])("%s is never appended: the transfer restarts", async (_what, wrong) => {
  await using server = await serve((response, n, request) => {
    const start = Number(request.headers.range?.match(/\d+/)?.[0] ?? 0);
    const right = { etag: '"v1"', "content-range": `bytes ${start}-${video.length - 1}/${video.length}` };
    if (n === 2) response.writeHead(206, { ...right, ...wrong(start) }).end(video.subarray(start));
    else {
      response.writeHead(200, { etag: '"v1"', "content-length": video.length });
      if (n === 1) response.write(video.subarray(0, 2_000_000), () => response.destroy());
      else response.end(video);
    }
  });
  expect(await downloadFile({ url: server.url })).toMatchObject({ kind: "stored", sha256: sha256(video) });
  expect(server.requests.map((headers) => headers.range !== undefined)).toEqual([false, true, false]);
});

test("at most `tries` transfers start, and a transfer without a new byte is the last", async () => {
  const long = mp4(20_000_000);
  await using breaking = await serveFile(
    () => long,
    '"v1"',
    () => 2_000_000,
  );
  expect(await downloadFile({ url: breaking.url, tries: 4 })).toMatchObject({ kind: "unreachable" });
  expect(breaking.requests).toHaveLength(4);
  await using empty = await serveFile(
    () => video,
    '"v1"',
    () => 0,
  );
  expect(await downloadFile({ url: empty.url, tries: 4 })).toMatchObject({ kind: "unreachable" });
  expect(empty.requests).toHaveLength(1);
});

test("a slow download ends at its time limit", async () => {
  await using server = await serve((response) => {
    const drip = setInterval(() => response.write("\0"), 20);
    response.on("close", () => clearInterval(drip)).write(mp4().subarray(0, 40));
  });
  expect(await downloadFile({ url: server.url, totalMs: 300 })).toEqual({
    kind: "unreachable",
    reason: "not complete within 300 ms",
  });
});

test.each([403, 404, 410, 401, 400])("%d: expired, without another try", async (status) => {
  await using server = await serve((response) => response.writeHead(status).end("<Error/>"));
  expect(await downloadFile({ url: server.url })).toEqual({ kind: "expired", status });
  expect(server.requests).toHaveLength(1);
});

test.each([500, 503, 429, 408])("%d: unreachable, with the Retry-After of the server", async (status) => {
  await using server = await serve((response) => response.writeHead(status, { "retry-after": "7" }).end());
  expect(await downloadFile({ url: server.url })).toEqual({
    kind: "unreachable",
    reason: `answered ${status}`,
    retryAfterMs: 7_000,
  });
  expect(server.requests).toHaveLength(1);
});

test("a closed port: unreachable", async () => {
  const server = await serve(() => undefined);
  await server[Symbol.asyncDispose]();
  expect(await downloadFile({ url: server.url })).toMatchObject({
    kind: "unreachable",
    reason: expect.stringContaining("ECONNREFUSED"),
  });
});

const head = (...lines: string[]) => Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\n`);
const whole = mp4();
const cut = whole.subarray(0, -1);
const zipped = gzipSync(whole);

test.each<[string, Buffer[], DownloadOutcome["kind"]]>([
  ["a length larger than the body", [head("content-length: 5000"), whole], "stored"],
  ["a length smaller than the body", [head(`content-length: ${whole.length - 9}`), whole], "truncated"],
  [
    "chunks without an end",
    [head("transfer-encoding: chunked"), Buffer.from(`${whole.length.toString(16)}\r\n`), whole],
    "stored",
  ],
  ["a Content-Length that fits a cut file", [head(`content-length: ${cut.length}`), cut], "truncated"],
  ["no length, cut", [head("connection: close"), cut], "truncated"],
  ["no length, whole", [head("connection: close"), whole], "stored"],
  ["an empty body", [head("content-length: 0")], "truncated"],
  [
    "a web page",
    [head("content-type: video/mp4", "content-length: 21"), Buffer.from("<html>expired</html>\n")],
    "invalid",
  ],
  [
    "a body labelled gzip that is not",
    [head("content-encoding: gzip", `content-length: ${whole.length}`), whole],
    "stored",
  ],
  [
    "a label that names no encoding",
    [head("content-encoding: utf-8", `content-length: ${whole.length}`), whole],
    "stored",
  ],
  ["a gzipped body", [head("content-encoding: gzip", `content-length: ${zipped.length}`), zipped], "stored"],
  [
    "a gzipped body, cut",
    [head("content-encoding: gzip", "connection: close"), zipped.subarray(0, -20)],
    "unreachable",
  ],
])("a video: %s", async (_what, answer, kind) => {
  await using server = await serveRaw(Buffer.concat(answer));
  expect((await downloadFile({ url: server.url })).kind).toBe(kind);
});

test.each<[string, Buffer, DownloadOutcome["kind"]]>([
  ["no length, whole PNG", png, "stored"],
  ["no length, cut PNG", png.subarray(0, -1), "truncated"],
  ["no length, cut JPEG", jpeg.subarray(0, -1), "truncated"],
  ["a video", whole, "invalid"],
  ["a web page", Buffer.from("<html>"), "invalid"],
  ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), "invalid"],
])("a last frame: %s", async (_what, image, kind) => {
  await using server = await serveRaw(Buffer.concat([head("connection: close"), image]));
  expect((await downloadFile({ url: server.url }, { kind: "last_frame" })).kind).toBe(kind);
});

test("a file without an MP4 signature is refused at its first bytes", async () => {
  await using server = await serve((response) => {
    response.writeHead(200, { "content-length": 100_000_000 }).write("<!DOCTYPE html><html>");
  });
  expect(await downloadFile({ url: server.url })).toMatchObject({
    kind: "invalid",
    reason: expect.stringContaining("HTML"),
  });
});

test("a file above the limit is refused as soon as its bytes exceed the limit", async () => {
  await using honest = await serve((response) =>
    response.writeHead(200, { "content-length": video.length }).end(video),
  );
  await using chunked = await serve((response) => response.write(video, () => response.end()));
  for (const { url } of [honest, chunked])
    expect(await downloadFile({ url }, { maxFileBytes: 1_000_000 })).toEqual({
      kind: "too_large",
      limitBytes: 1_000_000,
    });
});

test.each([5e9, 30_000])("a small whole file whose server claims %s bytes is kept with a warning", async (claimed) => {
  await using server = await serve((response) => {
    response.writeHead(200, { "content-length": claimed }).write(whole, () => response.destroy());
  });
  expect(await downloadFile({ url: server.url })).toMatchObject({
    kind: "stored",
    bytes: whole.length,
    warning: expect.stringContaining("claimed another length"),
  });
  expect(server.requests).toHaveLength(2);
});

test("a cut file whose server claims its whole length is not kept, however often it ends there", async () => {
  await using server = await serve((response) => {
    response.writeHead(200, { "content-length": whole.length }).write(cut, () => response.destroy());
  });
  expect(await downloadFile({ url: server.url })).toMatchObject({ kind: "unreachable" });
});

test("openDiscardOutputs: downloads and hashes every byte, stores nothing", async () => {
  await using server = await serveFile(
    () => video,
    '"v1"',
    (n) => (n === 1 ? 2_000_000 : undefined),
  );
  const outputs = openDiscardOutputs({ egress, maxFileBytes: 1e9 });
  expect(await outputs.download({ url: server.url }, target, never)).toMatchObject({
    kind: "stored",
    bytes: video.length,
    sha256: sha256(video),
  });
  expect(await readdir(directory)).toEqual([]);
});
