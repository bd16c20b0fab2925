import { EgressError, type EgressReply } from "@reelqueue/egress";
import type { Call } from "../provider.ts";

export interface ExchangeRequest {
  method: "GET" | "POST" | "DELETE";
  /** Path and query, from the root of the provider's API. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  timeoutMs: number;
}

/** The outcome of one exchange, before the vendor's format is read. */
export type Exchange =
  | { kind: "answer"; status: number; headers: Record<string, string>; body: unknown; evidence: string }
  /** Nothing was written to the socket. */
  | { kind: "unsent"; message: string }
  /** The request was sent, and no complete answer arrived. */
  | { kind: "lost"; message: string };

const evidenceChars = 300;

/** Makes one exchange with the provider. Never throws; an error after the first byte was sent is `lost`. */
export async function exchange(call: Call, { path, headers, ...request }: ExchangeRequest): Promise<Exchange> {
  try {
    const reply = await call.http.request({
      ...request,
      url: call.baseUrl + path,
      headers: { authorization: `Bearer ${call.key}`, accept: "application/json", ...headers },
      ...(call.signal !== undefined && { signal: call.signal }),
      timeoutMs: Math.min(request.timeoutMs, call.timeoutMs ?? request.timeoutMs),
      trusted: true,
    });
    const { status, headers: received, text } = reply;
    const evidence = evidenceOf({ ...reply, text: withoutMark(text) }, call.key);
    return { kind: "answer", status, headers: received, body: readJson(text), evidence };
  } catch (error) {
    const message = redacted(error instanceof Error ? error.message : String(error), call.key);
    return { kind: error instanceof EgressError && !error.sent ? "unsent" : "lost", message };
  }
}

/** The answer as one line, for an operator. */
function evidenceOf({ status, headers, text }: EgressReply, key: string): string {
  const type = headers["content-type"] ?? "no content type";
  return redacted(`HTTP ${status}, ${type}: ${text.trim() === "" ? "(empty)" : text}`, key);
}

function redacted(text: string, key: string): string {
  const shown = key === "" ? text : text.replaceAll(key, "[key]");
  return shown.replace(/\p{Cc}+/gu, " ").slice(0, evidenceChars);
}

/**
 * Parses JSON, also behind a byte order mark; an unsafe integer becomes a string with all its digits. Undefined if the
 * text is not JSON.
 */
export function readJson(marked: string): unknown {
  const text = withoutMark(marked);
  try {
    // A reviver is several times slower; an unsafe integer has at least 16 digits.
    return /\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without a byte order mark, which some gateways put before an answer. */
function withoutMark(text: string): string {
  return text.startsWith("\u{feff}") ? text.slice(1) : text;
}

/** The third argument, which Node passes since 22, is not declared in TypeScript's library yet. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const losesDigits = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return losesDigits ? (context?.source ?? value) : value;
}
