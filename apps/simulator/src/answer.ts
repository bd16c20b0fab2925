import type { Account } from "./limits.ts";
import type { LogEntry } from "./log.ts";

export type Query = Readonly<Record<string, string | string[] | undefined>>;

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
  /** A parameter that was repeated is a list. */
  query: Query;
  headers: Record<string, string | string[] | undefined>;
  /** The body as text; empty where it is a form. */
  raw: string;
  /** The body of a form, byte for byte. */
  bytes: Buffer;
  entry: LogEntry;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { kind: "reply", status, headers, body: JSON.stringify(body) };
}
