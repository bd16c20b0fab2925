import type { Cell } from "../cell.ts";
import { toLedgerError } from "./error.ts";
import { type ScriptName, scriptNamed } from "./scripts.ts";

type Argument = string | number | Buffer;

/** Runs a script of the ledger; every error is a LedgerError. */
export async function run<Answer>(cell: Cell, name: ScriptName, args: readonly Argument[]): Promise<Answer> {
  const script = scriptNamed(name);
  try {
    return (await cell.redis.evalsha(script.sha, 1, cell.prefix, ...args).catch((error: unknown) => {
      if (!isNoScript(error)) throw error;
      return cell.redis.eval(script.text, 1, cell.prefix, ...args);
    })) as Answer;
  } catch (error) {
    throw toLedgerError(error);
  }
}

/**
 * Runs commands in one round trip, in a Cluster at the node of the cell; returns the answers in order. Errors are
 * LedgerErrors.
 */
export async function pipeline(cell: Cell, commands: Argument[][]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  try {
    return await sendPipeline(cell, commands);
  } catch (error) {
    throw toLedgerError(error);
  }
}

/** `pipeline` with the errors of ioredis. */
export async function sendPipeline({ redis, prefix }: Cell, commands: Argument[][]): Promise<unknown[]> {
  // a Cluster client routes a pipeline by the keys in it
  const routingKey = redis.isCluster ? [["exists", prefix]] : [];
  const answers = (await redis.pipeline([...routingKey, ...commands]).exec()) ?? [];
  return answers.slice(routingKey.length).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOSCRIPT");
}
