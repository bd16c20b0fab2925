import { once } from "node:events";
import type { Redis } from "ioredis";
import { type ConnectionRole, connect } from "./connection.ts";
import { toLedgerError } from "./error.ts";
import { type Keys, keysOf, prefixOf } from "./keys.ts";
import { runScript, type ScriptName } from "./scripts.ts";

/** One hash tag in Redis: an independent set of accounts, tenants and queues. Every verb of the ledger works on one. */
export interface Cell extends AsyncDisposable {
  name: string;
  redis: Redis;
  prefix: string;
  keys: Keys;
}

/** Opens the ledger's own connection to a cell; closing it lets answers under way arrive first. */
export function openCell({ url, cell, role }: { url: string; cell: string; role: ConnectionRole }): Cell {
  const redis = connect(url, role);
  // Every failing command reports for itself; without a listener the connection's own report would end the process.
  redis.on("error", () => {});
  const prefix = prefixOf(cell);
  return {
    name: cell,
    redis,
    prefix,
    keys: keysOf(prefix),
    [Symbol.asyncDispose]: async () => {
      if (redis.status === "ready") await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
}

/** Waits until the cell can be used; a LedgerError that says why when it cannot within the time. */
export async function awaitReady(cell: Cell, withinMs: number): Promise<void> {
  const last: { error?: unknown } = {};
  const note = (error: unknown) => {
    last.error = error;
  };
  cell.redis.on("error", note);
  try {
    const signal = AbortSignal.timeout(withinMs);
    while (cell.redis.status !== "ready")
      await once(cell.redis, "ready", { signal }).catch(() => signal.throwIfAborted());
    await cell.redis.ping();
  } catch (error) {
    throw toLedgerError(last.error ?? error);
  } finally {
    cell.redis.off("error", note);
  }
}

/** Runs one of the ledger's scripts on the cell; every fault is a LedgerError. */
export async function run<Answer>(cell: Cell, name: ScriptName, args: (string | number | Buffer)[]): Promise<Answer> {
  try {
    return (await runScript(cell.redis, name, cell.prefix, args)) as Answer;
  } catch (error) {
    throw toLedgerError(error);
  }
}

/** Runs plain commands in one round trip, answers in order. */
export async function pipeline(cell: Cell, commands: (string | number)[][]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  try {
    const answers = (await cell.redis.pipeline(commands).exec()) ?? [];
    return answers.map(([error, value]) => {
      if (error) throw error;
      return value;
    });
  } catch (error) {
    throw toLedgerError(error);
  }
}
