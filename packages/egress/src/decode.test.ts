import { buffer } from "node:stream/consumers";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openEgress, serve } from "./test-servers.ts";

const plain = Buffer.from(JSON.stringify({ id: "task-1", text: "é 你".repeat(3_000) }));

const labels: [label: string, encoding: string, bytes: Buffer][] = [
  ["gzip", "gzip", gzipSync(plain)],
  ["x-gzip in capitals", "X-GZIP", gzipSync(plain)],
  ["deflate", "deflate", deflateSync(plain)],
  ["deflate without its header", "deflate", deflateRawSync(plain)],
  ["br", "br", brotliCompressSync(plain)],
  ["two codings", "gzip, br", brotliCompressSync(gzipSync(plain))],
  ["a coding and a label", "gzip, aws-chunked", gzipSync(plain)],
  ["identity", "identity", plain],
  ["an empty label", "", plain],
  ["a character set as label", "utf-8", plain],
  ["a name that no coding has", "binary", plain],
  ["gzip on bytes that are not", "gzip", plain],
  ["deflate on bytes that are not", "deflate", plain],
  ["br on bytes that are not", "br", plain],
];

function serveEncoded(encoding: string, bytes: Buffer): Promise<string> {
  return serve((_, response) => {
    response.writeHead(200, { "content-encoding": encoding, "content-length": bytes.length, etag: '"1"' }).end(bytes);
  });
}

describe.each(labels)("%s", (_label, encoding, bytes) => {
  test("a text is read", async () => {
    const reply = await openEgress().request({ method: "GET", url: await serveEncoded(encoding, bytes) });
    expect(reply.text).toBe(plain.toString());
  });

  test("a stream delivers the bytes", async () => {
    const answer = await openEgress().stream({ method: "GET", url: await serveEncoded(encoding, bytes) });
    expect((await buffer(answer.body)).equals(plain)).toBe(true);
  });
});

test("a stream that may be decoded has no length and no ETag: both are of the encoded bytes", async () => {
  const { headers } = await openEgress().stream({ method: "GET", url: await serveEncoded("gzip", gzipSync(plain)) });
  expect(headers).not.toHaveProperty("content-length");
  expect(headers).not.toHaveProperty("etag");
});

test("a text that grows beyond the limit is refused: a megabyte of zeros in a kilobyte", async () => {
  const url = await serveEncoded("gzip", gzipSync(Buffer.alloc(1_048_576)));
  await expect(openEgress().request({ method: "POST", url, maxBytes: 10_000 })).rejects.toMatchObject({
    kind: "too_large",
    sent: true,
    answer: { status: 200 },
  });
});

test.each([
  ["gzip", gzipSync(plain)],
  ["deflate", deflateSync(plain)],
  ["br", brotliCompressSync(plain)],
])("%s that ends early is an error, not a text", async (encoding, bytes) => {
  const url = await serveEncoded(encoding, bytes.subarray(0, bytes.length - 20));
  await expect(openEgress().request({ method: "GET", url })).rejects.toMatchObject({ kind: "broken", sent: true });
  const answer = await openEgress().stream({ method: "GET", url });
  await expect(buffer(answer.body)).rejects.toThrow();
});

test("a decoded stream that is abandoned closes its connection", async () => {
  const url = await serveEncoded("gzip", gzipSync(Buffer.alloc(50_000_000, 7)));
  const { body } = await openEgress().stream({ method: "GET", url });
  for await (const _chunk of body) break;
  expect(body.destroyed).toBe(true);
});
