import { EgressError, type EgressReply } from "@reelqueue/egress";
import type { Call } from "../provider.ts";

export interface Ask {
  method: "GET" | "POST" | "DELETE";
  /** Path and query, from the root of the provider's API. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  timeoutMs: number;
}

/** What one exchange came to, before the provider's dialect is read. */
export type Exchange =
  | { kind: "answer"; status: number; headers: Record<string, string>; body: unknown; evidence: string }
  /** Nothing was written to the socket. */
  | { kind: "unsent"; message: string }
  /** It was sent, and there is no whole answer. */
  | { kind: "lost"; message: string };

const evidenceChars = 300;

/** One exchange with the provider. Never throws: whatever happens after sending began is `lost`. */
export async function exchange(call: Call, { path, headers, ...ask }: Ask): Promise<Exchange> {
  try {
    const reply = await call.http.request({
      ...ask,
      url: call.baseUrl + path,
      headers: { authorization: `Bearer ${call.key}`, accept: "application/json", ...headers },
      ...(call.signal !== undefined && { signal: call.signal }),
      timeoutMs: Math.min(ask.timeoutMs, call.timeoutMs ?? ask.timeoutMs),
      trusted: true,
    });
    const { status, headers: received, text } = reply;
    return { kind: "answer", status, headers: received, body: readJson(text), evidence: evidenceOf(reply, call.key) };
  } catch (error) {
    const message = plain(error instanceof Error ? error.message : String(error), call.key);
    return { kind: error instanceof EgressError && !error.sent ? "unsent" : "lost", message };
  }
}

/** The answer as a person wants to see it who has to find out what became of the task. */
function evidenceOf({ status, headers, text }: EgressReply, key: string): string {
  const type = headers["content-type"] ?? "no content type";
  return plain(`HTTP ${status}, ${type}: ${text.trim() === "" ? "(empty)" : text}`, key);
}

function plain(text: string, key: string): string {
  const shown = key === "" ? text : text.replaceAll(key, "[key]");
  return shown.replace(/\p{Cc}+/gu, " ").slice(0, evidenceChars);
}

/** Parses JSON without losing digits: an integer that a number cannot hold stays as its text. Undefined where it is not JSON. */
export function readJson(text: string): unknown {
  try {
    // Looking at every value takes several times as long, and only so many digits in a row can be such an integer.
    return /\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** TypeScript's library does not know the third argument yet; Node has given it since 22. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const losesDigits = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return losesDigits ? (context?.source ?? value) : value;
}
