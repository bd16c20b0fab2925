import { setTimeout as wait } from "node:timers/promises";
import type { Cell, Primary } from "../cell.ts";
import { toLedgerError } from "../redis/error.ts";
import { isNoScript, run, type ScriptName, scriptNamed, sendPipeline } from "../redis/run.ts";
import { parseInfo, primaryOf, readPrimary } from "./primary.ts";

/** Allows a new replica to get in step. */
const confirmTimeoutMs = 3_000;
const checkIntervalMs = 100;
/** Short: WAIT blocks the connection. */
const waitTimeoutMs = 200;

/**
 * Runs a script. `confirmed`: what it wrote survives the loss of the primary, because a replica has it or no replica
 * could take over.
 */
export async function runConfirmed<Answer>(
  cell: Cell,
  name: ScriptName,
  args: readonly (string | number | Buffer)[],
): Promise<{ answer: Answer; confirmed: boolean }> {
  if (cell.primary.id === "") cell.primary = await readPrimary(cell);
  // a primary that ever had replicas is checked: one may have come back since the last check
  if (cell.primary.idWithReplicas === "") return { answer: await run<Answer>(cell, name, args), confirmed: true };
  const script = scriptNamed(name);
  const info = ["info", "replication"];
  const send = (call: string[]) => sendPipeline(cell, [[...call, 1, cell.prefix, ...args], info]);
  try {
    const [answer, text] = await send(["evalsha", script.sha]).catch((error: unknown) => {
      if (!isNoScript(error)) throw error;
      return send(["eval", script.text]);
    });
    const { id } = primaryOf(parseInfo(String(text)), cell.primary);
    return { answer: answer as Answer, confirmed: await isReplicated(cell, id) };
  } catch (error) {
    throw toLedgerError(error);
  }
}

/** Waits until a replica has every write that this primary acknowledged; false on timeout or failover. */
async function isReplicated(cell: Cell, primaryId: string): Promise<boolean> {
  const deadline = performance.now() + confirmTimeoutMs;
  for (;;) {
    const { id, replicated, confirmedBy } = await nextCheck(cell);
    if (id !== primaryId) return false;
    if (!replicated || confirmedBy > 0) return true;
    if (performance.now() > deadline) return false;
    await wait(checkIntervalMs);
  }
}

interface ReplicationCheck extends Primary {
  /** Replicas that have every write up to the check. */
  confirmedBy: number;
}

const checks = new WeakMap<Cell, { running: Promise<unknown>; next?: Promise<ReplicationCheck> }>();

/** Shares one check among all callers; it starts after they called. */
function nextCheck(cell: Cell): Promise<ReplicationCheck> {
  const queue = checks.get(cell) ?? { running: Promise.resolve() };
  checks.set(cell, queue);
  queue.next ??= queue.running.then(() => {
    const check = checkReplication(cell);
    delete queue.next;
    queue.running = check.catch(() => {});
    return check;
  });
  return queue.next;
}

async function checkReplication(cell: Cell): Promise<ReplicationCheck> {
  const write = ["eval", scriptNamed("confirm").text, 1, cell.prefix];
  const [, text, confirmedBy] = await sendPipeline(cell, [write, ["info", "replication"], ["wait", 1, waitTimeoutMs]]);
  return { ...primaryOf(parseInfo(String(text)), cell.primary), confirmedBy: Number(confirmedBy) };
}
