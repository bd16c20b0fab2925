import type { Answer, Reply, Visit } from "./answer.ts";
import { retryAfterSeconds } from "./clock.ts";
import type { Dialect, Refusal } from "./dialect.ts";
import type { Account, Room } from "./limits.ts";
import type { LogEntry } from "./log.ts";
import { shown } from "./log.ts";
import { coin } from "./random.ts";
import type { World } from "./world.ts";

/** A request as it stands before any door. */
export interface Caller {
  method: string;
  path: string;
  authorization: string | undefined;
}

export type Entered =
  | { ok: true; account: Account; room: Room | undefined; entry: LogEntry }
  | { ok: false; answer: Reply; entry: LogEntry };

/** Lets in who has a key and has not come too often; every request of every dialect passes here. */
export function enter(world: World, dialect: Dialect, caller: Caller): Entered {
  const key = /^Bearer (\S+)$/i.exec(caller.authorization ?? "")?.[1] ?? "";
  const now = world.clock.now();
  const entry: LogEntry = { at: now, method: caller.method, path: caller.path, key: shown(key), status: 0 };
  if (key === "") return { ok: false, answer: dialect.refuse({ kind: "no-key" }), entry };
  if (key === "bad-key") return { ok: false, answer: dialect.refuse({ kind: "bad-key" }), entry };
  const account = world.accounts.of(dialect, key);
  const room = account.request(now);
  if (!room || room.granted) return { ok: true, account, room, entry };
  const answer = dialect.refuse(tooMany(world, retryAfterSeconds(room.freeAtMs - now)));
  return { ok: false, answer: withHeaders(answer, dialect.rateHeaders?.(room)), entry };
}

/** A 429; one in two uses the vendor's other envelope where it has one. */
export function tooMany(world: World, waitSeconds?: number): Refusal {
  const plain = coin(world.nextRefusalLuck(), "envelope");
  return waitSeconds === undefined
    ? { kind: "too-many", plain }
    : { kind: "too-many", plain, retryAfterSeconds: waitSeconds };
}

export function withHeaders<Some extends Answer>(answer: Some, headers: Record<string, string> | undefined): Some {
  if (answer.kind !== "reply" || !headers) return answer;
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Notes on the log which fault made this answer. */
export function blame(visit: Visit, fault: string): void {
  visit.entry.fault = fault;
}
