import type { Dispatcher } from "undici";
import { EgressError, type EgressErrorKind } from "./egress.ts";
import { failureOf } from "./failure.ts";

/**
 * One request under way whose answer is a stream: its clock, its way to be stopped, and the truth about whether it was sent.
 * Stopped before anything was written it rejects `unsent` at once, and undici will then never write it.
 */
export class Exchange {
  sent = false;
  readonly signal: AbortSignal;
  /** Never fulfilled; rejects when the request was stopped before it was sent. */
  readonly unsent: Promise<never>;
  readonly #controller = new AbortController();
  readonly #reject: (error: EgressError) => void;
  readonly #outer: AbortSignal | undefined;
  readonly #clock: NodeJS.Timeout;
  readonly #onOuterAbort = () => this.#stop("aborted", "The request was aborted", "ABORTED");

  /** A timer of its own rather than `AbortSignal.timeout`, because it can be cleared when the answer is there. */
  constructor(timeoutMs: number, outer: AbortSignal | undefined) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.unsent = promise;
    // It may reject before anybody waits for it.
    promise.catch(() => undefined);
    this.#reject = reject;
    this.signal = this.#controller.signal;
    this.#outer = outer;
    const tooLong = () => this.#stop("timeout", `No complete answer within ${timeoutMs} ms`, "TIMEOUT");
    this.#clock = setTimeout(tooLong, timeoutMs);
    outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
    if (outer?.aborted) this.#onOuterAbort();
  }

  /** No total time limit any more. */
  stopClock(): void {
    clearTimeout(this.#clock);
  }

  end(): void {
    this.stopClock();
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
 * Marks the exchange in `opaque` as sent. On a connected HTTP/1.1 socket, TLS done, undici 8 calls `onRequestStart`
 * and then writes in the same turn unless the handler aborted; it calls it at no other time.
 */
export const witness: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
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
