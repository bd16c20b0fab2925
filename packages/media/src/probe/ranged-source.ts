import type { EgressStream } from "@reelqueue/egress";
import { drop } from "../download/follow.ts";
import { type Source, SourceError, tooLarge, unreachable } from "./source.ts";

/** What is asked for at least: the head of a file, or the tail, in one request. */
export const blockBytes = 65_536;
/** Who reads on and on gets up to 4 MiB at once. */
const mostBlocksAhead = 64;

/** Asks for the bytes from `start` up to `end`. */
export type Ask = (start: number, end: number) => Promise<EgressStream>;

/** A file from a server that sends parts of it: only the blocks that are needed are fetched, each once. */
export class RangedSource implements Source {
  readonly randomAccess = true;
  readonly #ask: Ask;
  readonly #totalBytes: number;
  readonly #blocks = new Map<number, Buffer>();
  #bytesLeft: number;
  #nextBlock = 0;
  #blocksAhead = 1;
  /** One request at a time, so that no block is fetched twice. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(ask: Ask, totalBytes: number, maxBytes: number) {
    this.#ask = ask;
    this.#totalBytes = totalBytes;
    this.#bytesLeft = maxBytes;
  }

  /** Goes on from the answer (206) to the first `blockBytes` of the file. */
  static async open(first: EgressStream, ask: Ask, maxBytes: number): Promise<RangedSource> {
    const part = partOf(first);
    if (part?.start !== 0) {
      drop(first);
      throw new SourceError(
        "unreachable",
        "answered with another part than asked for, or did not say of how many bytes",
      );
    }
    const source = new RangedSource(ask, part.totalBytes, maxBytes);
    await source.#keep(first, 0, Math.min(blockBytes, part.totalBytes));
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
    this.#blocksAhead = block === this.#nextBlock ? Math.min(this.#blocksAhead * 2, mostBlocksAhead) : 1;
    const affordable = Math.floor(this.#bytesLeft / blockBytes);
    const blocks = Math.min(Math.max(after - block, this.#blocksAhead), affordable);
    const end = Math.min(start + blocks * blockBytes, this.#totalBytes);
    const answer = await this.#ask(start, end);
    const part = partOf(answer);
    if (part?.start !== start || part.totalBytes !== this.#totalBytes) {
      drop(answer);
      throw new SourceError("unreachable", "it changed while it was read, or the server sends no parts any more");
    }
    await this.#keep(answer, start, end);
  }

  async #keep(answer: EgressStream, start: number, end: number): Promise<void> {
    this.#bytesLeft -= end - start;
    const bytes = await take(answer, end - start);
    for (let at = 0; at < bytes.length; at += blockBytes) {
      this.#blocks.set((start + at) / blockBytes, bytes.subarray(at, at + blockBytes));
    }
    this.#nextBlock = Math.ceil(end / blockBytes);
  }

  #copy(start: number, end: number): Buffer {
    const copy = Buffer.alloc(Math.max(end - start, 0));
    for (let at = start; at < end; ) {
      const block = this.#blocks.get(Math.floor(at / blockBytes));
      if (!block) throw new SourceError("unreachable", "it is closed");
      at += block.copy(copy, at - start, at % blockBytes);
    }
    return copy;
  }
}

function partOf({ status, headers }: EgressStream): { start: number; totalBytes: number } | undefined {
  const range = status === 206 ? headers["content-range"]?.match(/^bytes (\d{1,15})-\d+\/(\d{1,15})$/) : undefined;
  return range ? { start: Number(range[1]), totalBytes: Number(range[2]) } : undefined;
}

/** Just so many bytes of the body, and no more of it. */
async function take(answer: EgressStream, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let taken = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      taken += chunk.length;
      if (taken > bytes) break;
    }
  } catch (error) {
    throw unreachable(error);
  }
  if (taken < bytes) throw new SourceError("unreachable", `ended after ${taken} of ${bytes} bytes`);
  return Buffer.concat(chunks, bytes);
}
