import type { Dispatcher } from "undici";
import { encodingRefusal, flat } from "./answer-headers.ts";
import { type AnswerHead, EgressError, type EgressErrorKind, type EgressReply } from "./egress.ts";
import { failureOf } from "./failure.ts";

export interface TextOrder {
  timeoutMs: number;
  maxBytes: number;
  signal: AbortSignal | undefined;
}

/**
 * One request whose whole answer is wanted as a text: its clock, its way to be stopped, and the truth about whether it was sent.
 * It takes the answer from undici as it comes in; the streams and signals that undici would make for it cost more than the rest together.
 */
export class TextExchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<EgressReply>;
  readonly #order: TextOrder;
  readonly #resolve: (reply: EgressReply) => void;
  readonly #reject: (error: EgressError) => void;
  readonly #clock: NodeJS.Timeout;
  readonly #onOuterAbort = () => this.#giveUp("aborted", "The request was aborted", "ABORTED");
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: EgressError | undefined;
  #sent = false;
  #bytes = 0;
  #answer: AnswerHead | undefined;

  constructor(order: TextOrder) {
    const { promise, resolve, reject } = Promise.withResolvers<EgressReply>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#order = order;
    const { timeoutMs, signal } = order;
    const tooLong = () => this.#giveUp("timeout", `No complete answer within ${timeoutMs} ms`, "TIMEOUT");
    this.#clock = setTimeout(tooLong, timeoutMs);
    signal?.addEventListener("abort", this.#onOuterAbort, { once: true });
    if (signal?.aborted) this.#onOuterAbort();
  }

  /** What stopped it before it began, if anything did. */
  get stopped(): EgressError | undefined {
    return this.#stopped;
  }

  /** undici 8 calls it on a connected HTTP/1.1 socket, TLS done, and then writes in the same turn unless it is aborted here. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped) controller.abort(this.#stopped);
    else this.#sent = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Dispatcher.ResponseData["headers"]): void {
    if (status < 200) return;
    const answer = { status, headers: flat(headers) };
    this.#answer = answer;
    const refusal = encodingRefusal(headers, answer);
    if (refusal) this.#stop(refusal);
    else if (Number(answer.headers["content-length"] ?? 0) > this.#order.maxBytes) this.#stop(this.#tooLarge());
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#order.maxBytes) this.#stop(this.#tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const text = Buffer.concat(this.#chunks, this.#bytes).toString("utf8");
    this.#resolve({ status: 0, headers: {}, ...this.#answer, text });
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    this.#end();
    this.#reject(this.#stopped ?? failureOf(error, this.#sent, this.#answer));
  }

  #tooLarge(): EgressError {
    const message = `The answer is larger than ${this.#order.maxBytes} bytes`;
    return new EgressError("too_large", message, { sent: true, code: "TOO_LARGE", answer: this.#answer });
  }

  #giveUp(kind: EgressErrorKind, message: string, code: string): void {
    this.#stop(new EgressError(kind, message, { sent: this.#sent, code, answer: this.#answer }));
  }

  /** Stopped before anything was written it is over at once, and undici will then never write it. */
  #stop(error: EgressError): void {
    this.#stopped ??= error;
    this.fail(this.#stopped);
    this.#controller?.abort(this.#stopped);
  }

  #end(): void {
    clearTimeout(this.#clock);
    this.#order.signal?.removeEventListener("abort", this.#onOuterAbort);
  }
}
