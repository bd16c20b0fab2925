import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Cell } from "../cell.ts";
import { toLedgerError } from "./error.ts";

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

const folder = new URL("../scripts/", import.meta.url);

/** Scripts by name, with their includes. */
const scripts: ReadonlyMap<string, { text: string; sha: string }> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".lua"))
    .map((file) => {
      const text = withIncludes(readFileSync(new URL(file, folder), "utf8"));
      return [file.slice(0, -4), { text, sha: createHash("sha1").update(text).digest("hex") }];
    }),
);

export type ScriptName =
  | "accept"
  | "ack_orphan"
  | "admit"
  | "claim"
  | "claim_deliveries"
  | "confirm"
  | "delivered"
  | "extend_lease"
  | "followed"
  | "list_past_deadline"
  | "make_all_due"
  | "make_due_now"
  | "move"
  | "promote_delayed"
  | "purge"
  | "read"
  | "reassign"
  | "record_unowned"
  | "redispatch"
  | "release_slot"
  | "renew_claim"
  | "replay"
  | "request_cancel"
  | "reschedule"
  | "reserve_risk_budget"
  | "take_token"
  | "throttle"
  | "update_fields";

export function scriptNamed(name: ScriptName): { text: string; sha: string } {
  const script = scripts.get(name);
  if (!script) throw new Error(`no script named ${name}`);
  return script;
}

function withIncludes(text: string): string {
  return text.replace(/^--- @include (\w+)$/gm, (_, name: string) =>
    readFileSync(new URL(`include/${name}.lua`, folder), "utf8").trimEnd(),
  );
}
