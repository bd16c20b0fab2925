import type { EgressStream } from "@reelqueue/egress";
import { discardBody } from "../download/redirects.ts";
import { type Source, SourceError, tooLarge, unreachable } from "./source.ts";

/** Minimum size of a request: one request covers the head of a file, or its tail. */
export const blockBytes = 65_536;
/** Sequential reads request up to 4 MiB at once. */
const maxBlocksAhead = 64;

/** Requests the bytes from `start` up to, not including, `end`. */
export type RequestRange = (start: number, end: number) => Promise<EgressStream>;

/** A file from a server with Range support: fetches only the needed blocks, each once. */
export class RangedSource implements Source {
  readonly randomAccess = true;
  readonly #request: RequestRange;
  readonly #totalBytes: number;
  readonly #blocks = new Map<number, Buffer>();
  #bytesLeft: number;
  #nextBlock = 0;
  #blocksAhead = 1;
  /** Serialises the requests, so that no block is fetched twice. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(request: RequestRange, totalBytes: number, maxBytes: number) {
    this.#request = request;
    this.#totalBytes = totalBytes;
    this.#bytesLeft = maxBytes;
  }

  /** `first`: the 206 answer with the first `blockBytes` of the file. */
  static async open(first: EgressStream, request: RequestRange, maxBytes: number): Promise<RangedSource> {
    const part = partOf(first);
    if (part?.start !== 0) {
      discardBody(first);
      throw new SourceError(
        "unreachable",
        "answered with another range than requested, or without the length of the file",
      );
    }
    const source = new RangedSource(request, part.totalBytes, maxBytes);
    await source.#store(first, 0, Math.min(blockBytes, part.totalBytes));
    return source;
  }

  async size(): Promise<number> {
    return this.#totalBytes;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const until = Math.min(end, this.#totalBytes);
    const turn = this.#turn.then(() => this.#fetchMissing(start, until));
    this.#turn = turn.catch(() => undefined);
    await turn;
    return this.#copy(start, until);
  }

  [Symbol.dispose](): void {
    this.#blocks.clear();
  }

  async #fetchMissing(start: number, end: number): Promise<void> {
    for (let block = Math.floor(start / blockBytes); block * blockBytes < end; block++) {
      if (this.#blocks.has(block)) continue;
      let after = block + 1;
      while (after * blockBytes < end && !this.#blocks.has(after)) after++;
      await this.#fetch(block, after);
    }
  }

  async #fetch(block: number, after: number): Promise<void> {
    const start = block * blockBytes;
    if ((after - block) * blockBytes > this.#bytesLeft) throw tooLarge(this.#bytesLeft);
    this.#blocksAhead = block === this.#nextBlock ? Math.min(this.#blocksAhead * 2, maxBlocksAhead) : 1;
    const affordable = Math.floor(this.#bytesLeft / blockBytes);
    const blocks = Math.min(Math.max(after - block, this.#blocksAhead), affordable);
    const end = Math.min(start + blocks * blockBytes, this.#totalBytes);
    const answer = await this.#request(start, end);
    const part = partOf(answer);
    if (part?.start !== start || part.totalBytes !== this.#totalBytes) {
      discardBody(answer);
      throw new SourceError("unreachable", "it changed while it was read, or the server stopped serving ranges");
    }
    await this.#store(answer, start, end);
  }

  async #store(answer: EgressStream, start: number, end: number): Promise<void> {
    this.#bytesLeft -= end - start;
    const bytes = await readExactly(answer, end - start);
    for (let at = 0; at < bytes.length; at += blockBytes) {
      this.#blocks.set((start + at) / blockBytes, bytes.subarray(at, at + blockBytes));
    }
    this.#nextBlock = Math.ceil(end / blockBytes);
  }

  #copy(start: number, end: number): Buffer {
    const copy = Buffer.alloc(Math.max(end - start, 0));
    for (let at = start; at < end; ) {
      const block = this.#blocks.get(Math.floor(at / blockBytes));
      if (!block) throw new SourceError("unreachable", "the source is closed");
      at += block.copy(copy, at - start, at % blockBytes);
    }
    return copy;
  }
}

function partOf({ status, headers }: EgressStream): { start: number; totalBytes: number } | undefined {
  const range = status === 206 ? headers["content-range"]?.match(/^bytes (\d{1,15})-\d+\/(\d{1,15})$/) : undefined;
  return range ? { start: Number(range[1]), totalBytes: Number(range[2]) } : undefined;
}

/** Reads exactly this many bytes of the body. */
async function readExactly(answer: EgressStream, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytes) break;
    }
  } catch (error) {
    throw unreachable(error);
  }
  if (length < bytes) throw new SourceError("unreachable", `ended after ${length} of ${bytes} bytes`);
  return Buffer.concat(chunks, bytes);
}
