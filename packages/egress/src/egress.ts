import type { Readable } from "node:stream";

export interface EgressRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** Whole exchange, first byte to last; default 60,000. */
  timeoutMs?: number;
  /** The body may not be larger; default 1 MiB. */
  maxBytes?: number;
  /** The address comes from the operator's configuration: private addresses are allowed. */
  trusted?: boolean;
}

export interface EgressReply {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
}

export interface EgressStream {
  status: number;
  headers: Record<string, string>;
  body: Readable;
}

/** The one way out: every request that leaves goes through it. Redirects are never followed. */
export interface Egress {
  request(request: EgressRequest): Promise<EgressReply>;
  stream(request: EgressRequest): Promise<EgressStream>;
  close(): Promise<void>;
}

export type EgressErrorKind = "blocked" | "unsent" | "broken" | "timeout" | "too_large" | "aborted";

/** Why a request has no usable answer. `sent` is false only where nothing was written to a socket. */
export class EgressError extends Error {
  readonly kind: EgressErrorKind;
  readonly sent: boolean;
  /** What the system reported, for example `ECONNREFUSED` or `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string | undefined;

  constructor(kind: EgressErrorKind, message: string, options: { sent: boolean; code?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "EgressError";
    this.kind = kind;
    this.sent = options.sent;
    this.code = options.code;
  }
}
