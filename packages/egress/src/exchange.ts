import type { Dispatcher } from "undici";
import { EgressError, type EgressErrorKind, failureOf } from "./error.ts";

/**
 * One request whose answer is a stream: its timer, its abort signal, and whether it was sent. If it is stopped before
 * it is sent, `unsent` rejects at once, and undici never sends it.
 */
export class Exchange {
  sent = false;
  readonly signal: AbortSignal;
  /** Never fulfilled; rejects if the request is stopped before it is sent. */
  readonly unsent: Promise<never>;
  readonly #controller = new AbortController();
  readonly #reject: (error: EgressError) => void;
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onOuterAbort = () => this.#stop("aborted", "The request was aborted", "ABORTED");

  /** Uses its own timer: `AbortSignal.timeout` cannot be cleared when the answer arrives. */
  constructor(timeoutMs: number, outer: AbortSignal | undefined) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.unsent = promise;
    // it may reject before it is awaited
    promise.catch(() => undefined);
    this.#reject = reject;
    this.signal = this.#controller.signal;
    this.#outer = outer;
    const tooLong = () => this.#stop("timeout", `No complete answer within ${timeoutMs} ms`, "TIMEOUT");
    this.#timer = setTimeout(tooLong, timeoutMs);
    outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
    if (outer?.aborted) this.#onOuterAbort();
  }

  /** Removes the limit of the total time. */
  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.stopTimer();
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
  }

  failure(error: unknown): EgressError {
    return failureOf(error, this.sent);
  }

  #stop(kind: EgressErrorKind, message: string, code: string): void {
    const error = new EgressError(kind, message, { sent: this.sent, code });
    this.#controller.abort(error);
    if (!this.sent) this.#reject(error);
  }
}

/**
 * Marks the exchange in `opaque` as sent. undici 8 calls `onRequestStart` only on a connected HTTP/1.1 socket, after
 * TLS, and writes in the same turn unless the handler aborts.
 */
export const markSent: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const exchange = "opaque" in options ? options.opaque : undefined;
  if (!(exchange instanceof Exchange)) throw new TypeError("a request without its exchange");
  return dispatch(options, {
    onRequestStart(controller, context) {
      handler.onRequestStart?.(controller, context);
      if (!controller.aborted) exchange.sent = true;
    },
    onResponseStart: (...received) => handler.onResponseStart?.(...received),
    onResponseData: (...received) => handler.onResponseData?.(...received),
    onResponseEnd: (...received) => handler.onResponseEnd?.(...received),
    onResponseError: (...received) => handler.onResponseError?.(...received),
  });
};
