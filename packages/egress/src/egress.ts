import type { Readable } from "node:stream";

export interface EgressRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** The whole exchange, waiting for a connection included; for a stream, until its headers are there. Default 60,000. */
  timeoutMs?: number;
  /** The body may not be larger; default 1 MiB. Of a stream, the caller limits the bytes. */
  maxBytes?: number;
  /** The address comes from the operator's configuration: any port, plain http and private addresses are allowed. */
  trusted?: boolean;
}

export interface AnswerHead {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
}

export interface EgressReply extends AnswerHead {
  text: string;
}

export interface EgressStream extends AnswerHead {
  /** Fails, with what undici reports or an `EgressError`, where it is cut, falls silent or is given up. */
  body: Readable;
}

/**
 * The one way out: every request that leaves goes through it, once. Redirects are never followed. A URL that is not
 * `trusted` must lead to public addresses by https on port 443, or to private ones that are explicitly allowed.
 * Every rejection is an `EgressError`.
 */
export interface Egress {
  request(request: EgressRequest): Promise<EgressReply>;
  stream(request: EgressRequest): Promise<EgressStream>;
  /** Ends what is still under way. */
  close(): Promise<void>;
}

/**
 * `blocked`: not allowed to connect; `unsent`: no connection; `broken`: no whole answer. Only `timeout` and `aborted`
 * can be either sent or unsent.
 */
export type EgressErrorKind = "blocked" | "unsent" | "broken" | "timeout" | "too_large" | "aborted";

interface EgressErrorDetails {
  sent: boolean;
  code?: string | undefined;
  cause?: unknown;
  answer?: AnswerHead | undefined;
}

/** Why a request has no usable answer. `sent` is false only where nothing was written to a socket. */
export class EgressError extends Error {
  readonly kind: EgressErrorKind;
  readonly sent: boolean;
  /** What the system reported, for example `ECONNREFUSED` or `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string | undefined;
  /** The beginning of an answer whose end did not come, or was not wanted. */
  readonly answer: AnswerHead | undefined;

  constructor(kind: EgressErrorKind, message: string, options: EgressErrorDetails) {
    super(message, { cause: options.cause });
    this.name = "EgressError";
    this.kind = kind;
    this.sent = options.sent;
    this.code = options.code;
    this.answer = options.answer;
  }
}
