import type { Answer, Reply, Visit } from "./answer.ts";
import { retryAfterSeconds } from "./clock.ts";
import type { Dialect, Refusal } from "./dialect.ts";
import type { Account, Room, Use } from "./limits.ts";
import type { LogEntry } from "./log.ts";
import { shown } from "./log.ts";
import type { World } from "./world.ts";

/** A request as it stands before any door. */
export interface Caller {
  method: string;
  path: string;
  authorization: string | undefined;
  use: Use;
}

export type Entered =
  | { ok: true; account: Account; room: Room | undefined; entry: LogEntry }
  | { ok: false; answer: Reply; entry: LogEntry };

/** Lets in who has a key and has not come too often; every request of every dialect passes here. */
export function enter(world: World, dialect: Dialect, caller: Caller): Entered {
  const key = /^Bearer (\S+)$/i.exec(caller.authorization ?? "")?.[1] ?? "";
  const now = world.clock.now();
  const entry: LogEntry = { at: now, method: caller.method, path: caller.path, key: shown(key), status: 0 };
  if (key === "") return { ok: false, answer: world.refuse(dialect, { kind: "no-key" }), entry };
  if (key === "bad-key") return { ok: false, answer: world.refuse(dialect, { kind: "bad-key" }), entry };
  const account = world.accounts.of(dialect, key);
  const room = account.request(now, caller.use);
  if (!room || room.granted) return { ok: true, account, room, entry };
  const answer = world.refuse(dialect, tooMany("requests", room.freeAtMs - now));
  return { ok: false, answer: withHeaders(answer, dialect.rateHeaders?.(room, caller.use)), entry };
}

/** A 429, with the real time after which another try is worth it, where time helps. */
export function tooMany(what: "requests" | "tasks", waitMs?: number): Refusal {
  if (waitMs === undefined) return { kind: "too-many", what };
  return { kind: "too-many", what, retryAfterSeconds: retryAfterSeconds(waitMs) };
}

export function withHeaders<Some extends Answer>(answer: Some, headers: Record<string, string> | undefined): Some {
  if (answer.kind !== "reply" || !headers) return answer;
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Notes on the log which fault made this answer. */
export function blame(visit: Visit, fault: string): void {
  visit.entry.fault = fault;
}
