import type { Account } from "./limits.ts";
import type { LogEntry } from "./log.ts";

/** What goes back over the wire, or what does not. */
export type Answer = Reply | { kind: "reset" } | { kind: "hang" };

export interface Reply {
  kind: "reply";
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** One request that passed the key and the rate limit. */
export interface Visit {
  account: Account;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string | string[] | undefined>;
  /** The body, byte for byte as text. */
  raw: string;
  entry: LogEntry;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { kind: "reply", status, headers, body: JSON.stringify(body) };
}
