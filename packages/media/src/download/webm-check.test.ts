import { expect, test } from "vitest";
import { createVideoCheck } from "./video-check.ts";

const size = (bytes: number) =>
  Buffer.from([0x10 | (bytes >> 24), bytes >> 16, bytes >> 8, bytes].map((byte) => byte & 0xff));
const element = (id: string, body: Buffer) => Buffer.concat([Buffer.from(id, "hex"), size(body.length), body]);
const unknownSize = (id: string, body: Buffer) =>
  Buffer.concat([Buffer.from(id, "hex"), Buffer.from("01ffffffffffffff", "hex"), body]);

const head = element("1a45dfa3", Buffer.from("4282847765626d", "hex"));
const info = element("1549a966", Buffer.alloc(20));
const cluster = (bytes = 200) => element("1f43b675", Buffer.alloc(bytes, 1));
const webm = Buffer.concat([head, element("18538067", Buffer.concat([info, cluster(), cluster(70_000)]))]);
const live = Buffer.concat([
  head,
  unknownSize("18538067", Buffer.concat([info, unknownSize("1f43b675", element("a3", Buffer.alloc(50))), cluster()])),
]);

async function check(bytes: Buffer, { lengthProven = true, chunkBytes = bytes.length } = {}) {
  const watch = createVideoCheck();
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const problem = watch.push(bytes.subarray(at, at + chunkBytes));
    if (problem) return { kind: "refused early", reason: problem };
  }
  return await watch.end(lengthProven);
}

test.each([
  ["of known size", webm],
  ["of unknown size", live],
])("a whole WebM %s is sound in chunks of any size", async (_what, bytes) => {
  for (const chunkBytes of [1, 3, 4, 5, 4_096, bytes.length])
    expect(await check(bytes, { chunkBytes })).toMatchObject({
      kind: "sound",
      extension: "webm",
      contentType: "video/webm",
    });
});

test("a WebM cut at any byte is not sound", async () => {
  for (let end = 0; end < webm.length; end += end < 400 ? 1 : 997)
    expect((await check(webm.subarray(0, end))).kind, `cut at ${end}`).not.toBe("sound");
});

test("a WebM of unknown size is sound only if the length is proven", async () => {
  expect((await check(live, { lengthProven: false })).kind).toBe("truncated");
});

test.each([
  ["only a header", head],
  ["a segment without a cluster", Buffer.concat([head, element("18538067", info)])],
  ["zeros behind the header", Buffer.concat([head, Buffer.alloc(100)])],
  ["nothing", Buffer.alloc(0)],
  ["two bytes", Buffer.from("1a45", "hex")],
])("%s is not sound", async (_what, bytes) => {
  expect((await check(bytes)).kind).not.toBe("sound");
});
