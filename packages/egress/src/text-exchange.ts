import type { Dispatcher } from "undici";
import { codingsOf, decodeBytes } from "./decode.ts";
import type { AnswerHead, EgressReply } from "./egress.ts";
import { EgressError, type EgressErrorKind, failureOf } from "./error.ts";
import { flattenHeaders } from "./headers.ts";

export interface TextExchangeOptions {
  timeoutMs: number;
  maxBytes: number;
  sendWithinMs: number | undefined;
  signal: AbortSignal | undefined;
}

/**
 * One request whose answer is read as text: its timer, its abort signal, and whether it was sent. A dispatch handler,
 * because the streams and signals of `undici.request` cost more than all the rest.
 */
export class TextExchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<EgressReply>;
  readonly #options: TextExchangeOptions;
  readonly #resolve: (reply: EgressReply) => void;
  readonly #reject: (error: EgressError) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #sendTimer: NodeJS.Timeout | undefined;
  readonly #sendBy: number;
  readonly #onAbort = () => this.#abort("aborted", "The request was aborted", "ABORTED");
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: EgressError | undefined;
  #sent = false;
  #bytes = 0;
  #answer: AnswerHead | undefined;

  constructor(options: TextExchangeOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<EgressReply>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#options = options;
    const { timeoutMs, sendWithinMs, signal } = options;
    const tooLong = () => this.#abort("timeout", `No complete answer within ${timeoutMs} ms`, "TIMEOUT");
    this.#timer = setTimeout(tooLong, timeoutMs);
    this.#sendBy = performance.now() + (sendWithinMs ?? Number.POSITIVE_INFINITY);
    if (sendWithinMs !== undefined) this.#sendTimer = setTimeout(() => this.#stopUnsent(), sendWithinMs);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /** Reason, if it was stopped before the dispatch. */
  get stopped(): EgressError | undefined {
    return this.#stopped;
  }

  /**
   * undici 8 calls it on a connected HTTP/1.1 socket, after TLS, and writes in the same turn unless it is aborted here.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // after a standstill of the process the timer comes too late
    if (performance.now() > this.#sendBy) this.#stopUnsent();
    this.#controller = controller;
    if (this.#stopped) controller.abort(this.#stopped);
    else this.#sent = true;
    clearTimeout(this.#sendTimer);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Dispatcher.ResponseData["headers"]): void {
    if (status < 200) return;
    const answer = { status, headers: flattenHeaders(headers) };
    this.#answer = answer;
    if (Number(answer.headers["content-length"] ?? 0) > this.#options.maxBytes) this.#stop(this.#tooLarge());
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxBytes) this.#stop(this.#tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    try {
      const codings = codingsOf(this.#answer?.headers["content-encoding"]);
      const bytes = decodeBytes(Buffer.concat(this.#chunks, this.#bytes), codings, this.#options.maxBytes);
      this.#resolve({ status: 0, headers: {}, ...this.#answer, text: bytes.toString("utf8") });
    } catch (error) {
      this.#reject(failureOf(error, this.#sent, this.#answer));
    }
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    this.#end();
    this.#reject(this.#stopped ?? failureOf(error, this.#sent, this.#answer));
  }

  #tooLarge(): EgressError {
    const message = `The answer is larger than ${this.#options.maxBytes} bytes`;
    return new EgressError("too_large", message, { sent: true, code: "TOO_LARGE", answer: this.#answer });
  }

  #stopUnsent(): void {
    this.#abort("aborted", "There was no connection in time to send it", "NOT_IN_TIME");
  }

  #abort(kind: EgressErrorKind, message: string, code: string): void {
    this.#stop(new EgressError(kind, message, { sent: this.#sent, code, answer: this.#answer }));
  }

  /** Stopped before it is sent: rejects at once, and undici never sends it. */
  #stop(error: EgressError): void {
    this.#stopped ??= error;
    this.fail(this.#stopped);
    this.#controller?.abort(this.#stopped);
  }

  #end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#sendTimer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
