import { pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";
import { closing } from "./arrived.ts";
import { EgressError } from "./error.ts";

interface Codec {
  sync(bytes: Buffer, options: zlib.ZlibOptions & zlib.BrotliOptions): Buffer;
  stream(): NodeJS.ReadWriteStream & AsyncIterable<Buffer>;
  /** The flush of a prefix: no error because the rest is missing. */
  flush: number;
}

const zlibFlush = zlib.constants.Z_SYNC_FLUSH;
const gzip: Codec = { sync: zlib.gunzipSync, stream: () => zlib.createGunzip(), flush: zlibFlush };
const deflate: Codec = { sync: zlib.inflateSync, stream: () => zlib.createInflate(), flush: zlibFlush };
const deflateRaw: Codec = { sync: zlib.inflateRawSync, stream: () => zlib.createInflateRaw(), flush: zlibFlush };
const br: Codec = {
  sync: zlib.brotliDecompressSync,
  stream: () => zlib.createBrotliDecompress(),
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
};

/** The codecs that a coding may mean; some servers send `deflate` without the header of zlib. */
const codecs: Record<string, readonly Codec[]> = {
  gzip: [gzip],
  "x-gzip": [gzip],
  deflate: [deflate, deflateRaw],
  br: [br],
};

/** One coding of a body: the codecs that it may mean. */
export type Coding = readonly Codec[];

/**
 * The codings of a body, the last applied first. A name that is no coding is a mere label (`utf-8`, `aws-chunked`): the
 * bytes are as they are.
 */
export function codingsOf(contentEncoding: string | undefined): Coding[] {
  const names = (contentEncoding ?? "").toLowerCase().split(",").reverse();
  return names.map((name) => codecs[name.trim()]).filter((coding) => coding !== undefined);
}

/**
 * The decoded bytes. Bytes that their coding cannot decode from the start are returned as they are. EgressError
 * `too_large` beyond `maxBytes`, `broken` if they end early.
 */
export function decodeBytes(bytes: Buffer, codings: readonly Coding[], maxBytes: number): Buffer {
  return codings.reduce((left, coding) => {
    const codec = codecFor(coding, left);
    if (codec === undefined) return left;
    try {
      return codec.sync(left, { maxOutputLength: maxBytes });
    } catch (cause) {
      if (isTooLarge(cause)) {
        throw new EgressError("too_large", `The decoded answer is larger than ${maxBytes} bytes`, {
          sent: true,
          code: "TOO_LARGE",
          cause,
        });
      }
      throw new EgressError("broken", "The encoded answer is damaged", { sent: true, code: "DECODING", cause });
    }
  }, bytes);
}

/** As `decodeBytes`, for a stream without a limit. Destroying the result destroys the body. */
export function decodeStream(body: Readable, codings: readonly Coding[]): Readable {
  if (codings.length === 0) return body;
  const decoded = codings.reduce<AsyncIterable<Buffer>>((source, coding) => decoding(source, coding), body);
  return closing(Readable.from(decoded, { objectMode: false }), body);
}

async function* decoding(source: AsyncIterable<Buffer>, coding: Coding): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    if (first.done) return;
    const all = (async function* () {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => chunks };
    })();
    const codec = codecFor(coding, first.value);
    yield* codec === undefined ? all : pipeline(all, codec.stream(), () => undefined);
  } finally {
    await chunks.return?.();
  }
}

const prefixBytes = 65_536;

/** The codec that can decode these bytes, whole or cut; undefined if none can. */
function codecFor(coding: Coding, bytes: Buffer): Codec | undefined {
  const prefix = bytes.subarray(0, prefixBytes);
  return coding.find(({ sync, flush }) => {
    try {
      sync(prefix, { finishFlush: flush, maxOutputLength: prefixBytes });
      return true;
    } catch (error) {
      return isTooLarge(error);
    }
  });
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
