import { setTimeout as wait } from "node:timers/promises";
import type { Cell, Primary } from "../cell.ts";
import { toLedgerError } from "../redis/error.ts";
import { ask, isNoScript, run } from "../redis/run.ts";
import { type ScriptName, scriptNamed } from "../redis/scripts.ts";
import { parseInfo, primaryOf, readPrimary } from "./primary.ts";

/** A replica that has just been attached needs moments until it is in step. */
const patienceMs = 3_000;
const againMs = 100;
/** Nothing else goes over the connection meanwhile, so it is short. */
const copyWithinMs = 200;

/**
 * Runs a script and says whether what it wrote survives the loss of the primary: `confirmed` once a replica has it too, or where none could take over.
 */
export async function runConfirmed<Answer>(
  cell: Cell,
  name: ScriptName,
  args: readonly (string | number | Buffer)[],
): Promise<{ answer: Answer; confirmed: boolean }> {
  if (cell.primary.id === "") cell.primary = await readPrimary(cell);
  // one that has had a replica may have it back since it was looked at
  if (cell.primary.followedAs === "") return { answer: await run<Answer>(cell, name, args), confirmed: true };
  const script = scriptNamed(name);
  const info = ["info", "replication"];
  const send = (call: string[]) => ask(cell, [[...call, 1, cell.prefix, ...args], info]);
  try {
    const [answer, text] = await send(["evalsha", script.sha]).catch((error: unknown) => {
      if (!isNoScript(error)) throw error;
      return send(["eval", script.text]);
    });
    const { id } = primaryOf(parseInfo(String(text)), cell.primary);
    return { answer: answer as Answer, confirmed: await lasts(cell, id) };
  } catch (error) {
    throw toLedgerError(error);
  }
}

/** Has a replica all that this primary, and no other, has acknowledged so far? */
async function lasts(cell: Cell, primaryId: string): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { id, replicated, copies } = await nextLook(cell);
    if (id !== primaryId) return false;
    if (!replicated || copies > 0) return true;
    if (performance.now() > deadline) return false;
    await wait(againMs);
  }
}

interface Look extends Primary {
  copies: number;
}

const looks = new WeakMap<Cell, { running: Promise<unknown>; next?: Promise<Look> }>();

/** One question at a time for all who wait; it is asked after they came. */
function nextLook(cell: Cell): Promise<Look> {
  const turns = looks.get(cell) ?? { running: Promise.resolve() };
  looks.set(cell, turns);
  turns.next ??= turns.running.then(() => {
    const looking = look(cell);
    delete turns.next;
    turns.running = looking.catch(() => {});
    return looking;
  });
  return turns.next;
}

async function look(cell: Cell): Promise<Look> {
  const write = ["eval", scriptNamed("confirm").text, 1, cell.prefix];
  const [, text, copies] = await ask(cell, [write, ["info", "replication"], ["wait", 1, copyWithinMs]]);
  return { ...primaryOf(parseInfo(String(text)), cell.primary), copies: Number(copies) };
}
