import type { Readable } from "node:stream";

export interface EgressRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** Total time in ms, including the wait for a connection; for a stream, until the headers arrive. Default 60,000. */
  timeoutMs?: number;
  /** Time in ms until it is written to a socket; later it is not sent. Ignored by `stream`. */
  sendWithinMs?: number;
  /** Maximum size of the body, encoded and decoded; default 1 MiB. Ignored by `stream`: the caller limits the bytes. */
  maxBytes?: number;
  /** The URL comes from the operator's configuration: any port, plain http and private addresses are allowed. */
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
  /** Fails with an error of undici or an `EgressError` if it is cut, falls silent or is aborted. */
  body: Readable;
}

/**
 * Sends every outgoing request, exactly once: no retry, no redirect. A URL that is not `trusted` must resolve to public
 * addresses by https on port 443 or at an origin that is explicitly allowed, or to private addresses that are. No
 * encoding is asked for; gzip, deflate and br are decoded, any other name of an encoding is ignored. Every rejection is
 * an `EgressError`.
 */
export interface Egress {
  request(request: EgressRequest): Promise<EgressReply>;
  stream(request: EgressRequest): Promise<EgressStream>;
  /** Why no request for this untrusted URL can ever be sent, as far as its text says; host names are not looked up. */
  refusalOf(url: string): string | undefined;
  /** Aborts the requests in flight and closes the connections. */
  close(): Promise<void>;
}
