import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SystemError } from "./error.ts";
import { lives, stampOf, takeLock } from "./lock.mjs";

const leftoverGraceMs = 10_000;

/** Makes this process the only one that runs a system in the folder; ends what an earlier, crashed one left running. */
export async function holdHome(home: string, log: (line: string) => void): Promise<{ release: () => void }> {
  const lock = takeLock(join(home, "run", "start.lock"));
  if ("heldBy" in lock) {
    throw new SystemError(
      "already_running",
      `reelqueue already runs here as process ${lock.heldBy} (${home}); stop that one first, with Ctrl-C or: kill ${lock.heldBy}`,
    );
  }
  try {
    await endLeftovers(home, log);
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

/** Notes a process, so that a later start finds it should this one crash; the answer removes the note. */
export function notePid(home: string, name: string, pid: number): () => void {
  const file = join(home, "run", `${name}.pid`);
  mkdirSync(join(home, "run"), { recursive: true });
  writeFileSync(file, stampOf(pid));
  return () => rmSync(file, { force: true });
}

/** Redis last, as the others may still have something to write there. */
async function endLeftovers(home: string, log: (line: string) => void): Promise<void> {
  const folder = join(home, "run");
  const notes = readdirSync(folder).filter((file) => file.endsWith(".pid"));
  const endAll = (files: string[]) => Promise.all(files.map((file) => endLeftover(join(folder, file), log)));
  await endAll(notes.filter((file) => file !== "redis.pid"));
  await endAll(notes.filter((file) => file === "redis.pid"));
}

async function endLeftover(file: string, log: (line: string) => void): Promise<void> {
  const stamp = readFileSync(file, "utf8");
  if (lives(stamp)) {
    log(`Ending ${basename(file, ".pid")}, left running by an earlier start.`);
    await end(stamp);
  }
  rmSync(file, { force: true });
}

async function end(stamp: string): Promise<void> {
  const pid = Number.parseInt(stamp, 10);
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + leftoverGraceMs;
  while (lives(stamp)) {
    if (Date.now() > deadline) process.kill(pid, "SIGKILL");
    await delay(50);
  }
}
