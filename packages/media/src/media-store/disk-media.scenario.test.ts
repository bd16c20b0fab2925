import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { box, jpeg, mp4, png, sha256, webp } from "../outputs/test-files.ts";
import { openDiskMedia } from "./disk-media.ts";
import { parseDataUri } from "./media-store.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reelqueue-media-"));
});
afterEach(() => rm(directory, { recursive: true }));

const store = (options: { minFreeBytes?: number; maxFileBytes?: number } = {}) =>
  openDiskMedia({ directory: join(directory, "media"), minFreeBytes: 0, maxFileBytes: 1e8, ...options });

async function files(): Promise<string[]> {
  const entries = await readdir(join(directory, "media"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

const bmp = Buffer.concat([Buffer.from("BM"), Buffer.alloc(12), Buffer.from([40, 0, 0, 0]), Buffer.alloc(60)]);
const tiff = Buffer.concat([Buffer.from("49492a0008000000", "hex"), Buffer.alloc(60)]);
const gif = Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(20)]);
const mov = Buffer.concat([
  box("ftyp", Buffer.from("qt  \0\0\0\0qt  ", "latin1")),
  box("wide"),
  box("mdat", Buffer.alloc(20)),
]);
const wav = Buffer.concat([Buffer.from("RIFF"), Buffer.from([36, 0, 0, 0]), Buffer.from("WAVEfmt "), Buffer.alloc(28)]);
const mp3 = Buffer.concat([
  Buffer.from("ID3\u0003\0\0\0\0\0\0", "latin1"),
  Buffer.from("fffb9064", "hex"),
  Buffer.alloc(413),
]);
const bareMp3 = Buffer.concat([
  Buffer.from("fffb9064", "hex"),
  Buffer.alloc(413),
  Buffer.from("fffb9064", "hex"),
  Buffer.alloc(413),
]);

test.each([
  ["jpg", "image/jpeg", jpeg],
  ["png", "image/png", png],
  ["webp", "image/webp", webp],
  ["bmp", "image/bmp", bmp],
  ["tiff", "image/tiff", tiff],
  ["gif", "image/gif", gif],
  ["mp4", "video/mp4", mp4()],
  ["mov", "video/quicktime", mov],
  ["wav", "audio/wav", wav],
  ["mp3", "audio/mpeg", mp3],
  ["mp3", "audio/mpeg", bareMp3],
])("put: the type follows the bytes, not the declared type: %s", async (extension, contentType, bytes) => {
  const url = `media://${sha256(bytes)}.${extension}`;
  const media = await store();
  const put = await media.put(bytes, "application/octet-stream");
  expect(put).toEqual({ kind: "stored", url, bytes: bytes.length, sha256: sha256(bytes), contentType });
  expect(await media.has(url)).toBe(true);
  expect(await media.dataUri(url)).toBe(`data:${contentType};base64,${bytes.toString("base64")}`);
  const opened = await media.open(url);
  expect(opened).toMatchObject({ contentType, bytes: bytes.length });
  expect(opened && (await buffer(opened.stream))).toEqual(bytes);
});

test.each([
  ["a web page", Buffer.from("<!DOCTYPE html><html></html>")],
  ["an SVG with a script", Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
  ["a ZIP", Buffer.concat([Buffer.from("504b0304", "hex"), Buffer.alloc(60)])],
  ["a program", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(200)])],
  ["an ELF program", Buffer.concat([Buffer.from("7f454c46", "hex"), Buffer.alloc(200)])],
  ["a PDF", Buffer.from("%PDF-1.7\n%%EOF")],
  ["an AVIF image", box("ftyp", Buffer.from("avif\0\0\0\0mif1avif", "latin1"))],
  ["a HEIF image of another codec", box("ftyp", Buffer.from("mif1\0\0\0\0mif1avif", "latin1"))],
  ["nothing", Buffer.alloc(0)],
  ["a text", Buffer.from("hello")],
  ["a text about bicycles", Buffer.from("BMX bicycles are for short races and for tricks")],
  ["a text in UTF-16", Buffer.from("\ufeffID3 tags", "utf16le")],
  ["an MPEG layer II frame", Buffer.from("fffd9064".repeat(20), "hex")],
  ["a RIFF that is neither sound nor image", Buffer.from("RIFF\x10\0\0\0AVI LIST            ")],
])("put: refuses %s and stores nothing", async (_what, bytes) => {
  expect(await (await store()).put(bytes)).toMatchObject({ kind: "unknown_type" });
  expect(await files()).toEqual([]);
});

test.each(["heic\0\0\0\0mif1heic", "heix\0\0\0\0mif1", "mif1\0\0\0\0mif1heic"])(
  "put: stores a HEIC image (%j)",
  async (brands) => {
    const bytes = box("ftyp", Buffer.from(brands, "latin1"));
    expect(await (await store()).put(bytes, "image/heif")).toMatchObject({
      kind: "stored",
      url: `media://${sha256(bytes)}.heic`,
      contentType: "image/heic",
    });
  },
);

test("put: refuses a declared type of another family", async () => {
  const media = await store();
  expect(await media.put(mp4(), "image/png")).toEqual({
    kind: "unknown_type",
    reason: "declared as image/png, but it is video/mp4",
  });
  expect(await media.put(jpeg, "image/png")).toMatchObject({ kind: "stored", contentType: "image/jpeg" });
});

test("put: the same bytes put concurrently, as bytes, stream and file, are one file", async () => {
  const video = mp4(300_000);
  const path = join(directory, "local.mp4");
  await writeFile(path, video);
  const media = await store();
  const firstBytes = [...video.subarray(0, 40)].map((byte) => Buffer.of(byte));
  const sources = Array.from({ length: 5 }, () => [
    video,
    Readable.from([...firstBytes, video.subarray(40)]),
    { path },
  ]);
  const put = await Promise.all(sources.flat().map((source) => media.put(source)));
  expect(new Set(put.map((each) => (each.kind === "stored" ? each.url : each.kind)))).toEqual(
    new Set([`media://${sha256(video)}.mp4`]),
  );
  expect(await files()).toEqual([`${sha256(video)}.mp4`]);
});

test("put: refuses a file as soon as it exceeds the limit, and leaves no draft", async () => {
  const media = await store({ maxFileBytes: 1_000 });
  expect(await media.put(Readable.from([mp4(2_000)]))).toEqual({ kind: "too_large", limitBytes: 1_000 });
  expect(await files()).toEqual([]);
});

test("put: full if less than the floor is free", async () => {
  expect(await (await store({ minFreeBytes: 1e15 })).put(png)).toMatchObject({ kind: "full", needBytes: 1e15 });
});

test("put: unreadable if the source cannot be read to its end, and no draft is left", async () => {
  const media = await store();
  const broken = Readable.from(
    (async function* () {
      yield mp4(2_000_000);
      throw new Error("the client hung up");
    })(),
  );
  expect(await media.put(broken)).toEqual({ kind: "unreadable", reason: "the client hung up" });
  expect(await media.put({ path: join(directory, "missing.png") })).toMatchObject({
    kind: "unreadable",
    reason: expect.stringContaining("ENOENT"),
  });
  await mkdir(join(directory, "folder"));
  expect(await media.put({ path: join(directory, "folder") })).toMatchObject({ kind: "unreadable" });
  execFileSync("mkfifo", [join(directory, "pipe")]);
  expect(await media.put({ path: join(directory, "pipe") })).toMatchObject({
    kind: "unreadable",
    reason: expect.stringContaining("is not a file"),
  });
  expect(await media.put({ path: "/dev/zero" })).toMatchObject({ kind: "unreadable" });
  expect(await files()).toEqual([]);
});

test("has, dataUri: no file for a URL of another form or another hash", async () => {
  const media = await store();
  const { url } = await media.put(png).then((put) => (put.kind === "stored" ? put : { url: "" }));
  const others = [
    `media://${"0".repeat(64)}.png`,
    "media://../../etc/passwd",
    url.replace(".png", ".png/../x"),
    url.toUpperCase(),
    "",
  ];
  for (const other of others) expect(await media.has(other)).toBe(false);
  await expect(media.dataUri(`media://${"0".repeat(64)}.png`)).rejects.toMatchObject({ kind: "missing" });
});

test("parseDataUri: returns the bytes and the type", async () => {
  const uri = `data:image/png;base64,${png.toString("base64")}`;
  expect(parseDataUri(uri, 1_000)).toEqual({ kind: "bytes", bytes: png, contentType: "image/png" });
});

test.each([
  ["parameters", "data:image/png;charset=utf-8;name=a.png;base64,+/8A"],
  ["capitals and blanks", "DATA:IMAGE/PNG; BASE64,+/8A"],
  ["folded lines", "data:image/png;base64,\r\n +/\r\n 8A\n"],
  ["the alphabet for URLs", "data:image/png;base64,-_8A"],
])("parseDataUri: %s are read", (_, uri) => {
  const bytes = Buffer.from([0xfb, 0xff, 0x00]);
  expect(parseDataUri(uri, 3)).toEqual({ kind: "bytes", bytes, contentType: "image/png" });
});

test("parseDataUri: padding may be missing", () => {
  for (const uri of ["data:image/png;base64,AAE", "data:image/png;base64,AAE="])
    expect(parseDataUri(uri, 2)).toMatchObject({ bytes: Buffer.from([0, 1]) });
});

test.each([
  "",
  "data:,hello",
  "data:image/png,hello",
  "data:image/png;base64",
  "data:image/png;base64,",
  "data:;base64,AAAA",
  "data:image/png;base64,AA=A",
  "data:image/png;base64,AAA==",
  "data:image/png;base64,A",
  "data:image/png;base64,AA%2B",
  "data:image/png;base64;charset=utf-8,AAAA",
  "data:image/png;base64,====",
  "data:../../x;base64,AAAA",
  `data:image/${"x".repeat(300)};base64,AAAA`,
])("parseDataUri: malformed: %j", (uri) => {
  expect(parseDataUri(uri, 1_000)).toMatchObject({ kind: "malformed" });
});

test("parseDataUri: refuses a data URI above the limit before it decodes it", () => {
  const uri = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes).toString("base64")}`;
  for (const bytes of [999, 1_000]) expect(parseDataUri(uri(bytes), 1_000)).toMatchObject({ kind: "bytes" });
  for (const bytes of [1_001, 1_002, 1_003, 50_000_000]) {
    expect(parseDataUri(uri(bytes), 1_000)).toEqual({ kind: "too_large", limitBytes: 1_000 });
  }
});
