import type { EgressStream } from "@reelqueue/egress";
import { discardBody } from "../download/redirects.ts";
import { type Source, tooLarge, unreachable } from "./source.ts";

const firstBufferBytes = 65_536;

/** A file from a server without Range support: read from its beginning, no further than needed. */
export class StreamedSource implements Source {
  readonly randomAccess = false;
  readonly #answer: EgressStream;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #maxBytes: number;
  /** The `Content-Length`; proven only by the end of the stream. */
  readonly #announcedBytes: number | undefined;
  #buffer = Buffer.alloc(firstBufferBytes);
  #bytes = 0;
  #ended = false;
  /** Serialises the readers of the stream. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(answer: EgressStream, maxBytes: number) {
    this.#answer = answer;
    this.#maxBytes = maxBytes;
    const length = answer.headers["content-length"];
    this.#announcedBytes = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
    // The stream may fail while no read is pending; the next read throws the error.
    answer.body.on("error", () => undefined);
    this.#chunks = answer.body[Symbol.asyncIterator]();
  }

  async size(): Promise<number> {
    if (this.#announcedBytes !== undefined) return this.#announcedBytes;
    await this.#until(Number.POSITIVE_INFINITY);
    return this.#bytes;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    await this.#until(end);
    return this.#buffer.subarray(start, Math.min(end, this.#bytes));
  }

  [Symbol.dispose](): void {
    discardBody(this.#answer);
  }

  #until(end: number): Promise<void> {
    const turn = this.#turn.then(() => this.#readUntil(end));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #readUntil(end: number): Promise<void> {
    if (Math.min(end, this.#announcedBytes ?? 0) > this.#maxBytes) throw tooLarge(this.#maxBytes);
    while (!this.#ended && this.#bytes < end) {
      const next = await this.#chunks.next().catch((error: unknown) => Promise.reject(unreachable(error)));
      if (next.done) this.#ended = true;
      else this.#hold(next.value);
      if (this.#bytes > this.#maxBytes) throw tooLarge(this.#maxBytes);
    }
  }

  #hold(chunk: Buffer): void {
    const needed = this.#bytes + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#bytes);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#bytes);
    this.#bytes = needed;
  }
}
