import { expect, test } from "vitest";
import { box, ftyp, longBox, mp4 } from "../outputs/test-files.ts";
import { Mp4Check } from "./mp4-check.ts";

async function check(bytes: Buffer, { lengthProven = true, chunkBytes = bytes.length } = {}) {
  const watch = new Mp4Check();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const problem = watch.push(bytes.subarray(at, at + chunkBytes));
    if (problem) return { kind: "refused early", reason: problem };
  }
  return await watch.end(lengthProven);
}

const body = Buffer.alloc(40);
const toTheEnd = (type: string) => Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from(type), body]);
const layouts: Record<string, Buffer> = {
  "moov in front": Buffer.concat([ftyp, box("moov", body), box("free"), box("mdat", body)]),
  "moov at the end": Buffer.concat([ftyp, box("free"), box("mdat", body), box("moov", body)]),
  "64-bit sizes": Buffer.concat([ftyp, longBox("mdat", body), box("moov", body)]),
  fragments: Buffer.concat([
    ftyp,
    box("moov", body),
    box("moof", body),
    box("mdat", body),
    box("moof"),
    box("mdat", body),
  ]),
};

test.each(Object.entries(layouts))("a whole MP4 is sound in chunks of any size: %s", async (_layout, bytes) => {
  for (const chunkBytes of [1, 3, 7, 16, bytes.length]) {
    for (const lengthProven of [true, false]) {
      expect(await check(bytes, { chunkBytes, lengthProven })).toMatchObject({
        kind: "sound",
        contentType: "video/mp4",
      });
    }
  }
});

test.each(Object.entries(layouts))("an MP4 cut at any byte is not sound: %s", async (layout, bytes) => {
  const lastBox = layout === "fragments" ? 48 + 8 + 48 : 0;
  for (let end = 0; end < bytes.length; end++) {
    // An MP4 cut between two fragments is complete by its boxes.
    if (lastBox > 0 && [bytes.length - 48, bytes.length - 56].includes(end)) continue;
    expect((await check(bytes.subarray(0, end))).kind, `cut at ${end}`).not.toBe("sound");
  }
});

test("a last box of size 0 is sound only if the length is proven", async () => {
  const bytes = Buffer.concat([ftyp, box("moov", body), toTheEnd("mdat")]);
  expect((await check(bytes)).kind).toBe("sound");
  expect((await check(bytes, { lengthProven: false })).kind).toBe("truncated");
});

test.each([
  ["HTML", Buffer.from("<!DOCTYPE html><html><body>expired</body></html>")],
  ["JSON", Buffer.from('{"error":"not found","padding":"xxxxxxxxxxxx"}')],
  ["a picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")],
  ["an MP4 behind an HTML page", Buffer.concat([Buffer.from("<html></html>"), mp4()])],
  ["XML", Buffer.from('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>')],
  ["zeros", Buffer.alloc(4_096)],
  ["a box smaller than its header", Buffer.concat([ftyp, Buffer.from([0, 0, 0, 4]), Buffer.from("moov")])],
  [
    "a 64-bit size that is no safe integer",
    Buffer.concat([ftyp, Buffer.from([0, 0, 0, 1]), Buffer.from("moov"), Buffer.alloc(8, 255)]),
  ],
])("%s is refused by push, before the end of the file", async (_what, bytes) => {
  expect((await check(bytes)).kind).toBe("refused early");
});

test.each([
  ["only ftyp", ftyp],
  ["no mdat", Buffer.concat([ftyp, box("moov", body)])],
  ["no moov", Buffer.concat([ftyp, box("mdat", body)])],
])("%s is invalid", async (_what, bytes) => {
  expect((await check(bytes)).kind).toBe("invalid");
});

test.each<[string, Buffer, string?]>([
  ["a byte behind the last box", Buffer.concat([mp4(), Buffer.from("x")])],
  ["six bytes behind the last box", Buffer.concat([mp4(), Buffer.alloc(6)])],
  ["zeros behind the last box", Buffer.concat([mp4(), Buffer.alloc(4_096)])],
  ["an HTML page behind the last box", Buffer.concat([mp4(), Buffer.from("<html><script>alert(1)</script></html>")])],
  ["an unfinished free box at the end", Buffer.concat([mp4(), box("free", body).subarray(0, 20)])],
  ["a last box of an impossible size", Buffer.concat([mp4(), Buffer.from([0, 0, 0, 4]), Buffer.from("free")])],
])("kept with a warning: %s", async (_what, bytes) => {
  for (const chunkBytes of [1, 7, bytes.length])
    expect(await check(bytes, { chunkBytes })).toMatchObject({ kind: "sound", warning: expect.any(String) });
});

test.each<[string, Buffer, string?]>([
  ["free before ftyp", Buffer.concat([box("free", body), mp4()])],
  ["skip, wide and uuid before ftyp", Buffer.concat([box("skip"), box("wide"), box("uuid", body), mp4()])],
  [
    "QuickTime",
    Buffer.concat([box("ftyp", Buffer.from("qt  \0\0\x02\0qt  ")), box("moov", body), box("mdat", body)]),
    "mov",
  ],
  ["QuickTime without ftyp", Buffer.concat([box("wide"), box("mdat", body), box("moov", body)]), "mov"],
])("kept: %s", async (_what, bytes, extension = "mp4") => {
  for (const chunkBytes of [1, 7, bytes.length])
    expect(await check(bytes, { chunkBytes })).toMatchObject({ kind: "sound", extension });
});

test.each([
  ["bytes behind the last fragment", Buffer.concat([layouts.fragments ?? body, Buffer.from("xxx")])],
  ["an unfinished second mdat", Buffer.concat([mp4(), box("mdat", body).subarray(0, 30)])],
  ["bytes behind a file of unknown length", Buffer.concat([mp4(), Buffer.alloc(6)])],
])("truncated: %s", async (what, bytes) => {
  expect((await check(bytes, { lengthProven: !what.endsWith("unknown length") })).kind).toBe("truncated");
});

test("an empty file is truncated", async () => {
  expect((await check(Buffer.alloc(0))).kind).toBe("truncated");
});
