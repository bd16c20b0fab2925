import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning, stampOf, takeLock } from "./lock.mjs";
import { SystemError } from "./machine.ts";

const leftoverGraceMs = 10_000;

/**
 * Locks the home folder for this process and ends the processes that a crashed start left running.
 * Throws a SystemError while another process holds the lock.
 */
export async function holdHome(home: string, log: (line: string) => void): Promise<{ release: () => void }> {
  const lock = takeLock(join(home, "run", "start.lock"));
  if ("heldBy" in lock) {
    throw new SystemError(
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

/** The log and the pid file of a process in the home folder. */
export function filesOf(home: string, name: string): { log: string; pidFile: string } {
  return { log: join(home, "logs", `${name}.log`), pidFile: join(home, "run", `${name}.pid`) };
}

/** Writes a pid file, by which the next start finds the process after a crash; the result removes the file. */
export function writePidFile(file: string, pid: number): () => void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stampOf(pid));
  return () => rmSync(file, { force: true });
}

/** Ends Redis last: the other processes may still write to it. */
async function endLeftovers(home: string, log: (line: string) => void): Promise<void> {
  const folder = join(home, "run");
  const pidFiles = readdirSync(folder).filter((file) => file.endsWith(".pid"));
  const endAll = (files: string[]) => Promise.all(files.map((file) => endLeftover(join(folder, file), log)));
  await endAll(pidFiles.filter((file) => file !== "redis.pid"));
  await endAll(pidFiles.filter((file) => file === "redis.pid"));
}

async function endLeftover(file: string, log: (line: string) => void): Promise<void> {
  const stamp = readFileSync(file, "utf8");
  if (isRunning(stamp)) {
    log(`Ending ${basename(file, ".pid")}, left running by an earlier start.`);
    await end(stamp);
  }
  rmSync(file, { force: true });
}

async function end(stamp: string): Promise<void> {
  const pid = Number.parseInt(stamp, 10);
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + leftoverGraceMs;
  while (isRunning(stamp)) {
    if (Date.now() > deadline) process.kill(pid, "SIGKILL");
    await delay(50);
  }
}

/** A random secret in a file of the home folder, created on first use, readable by its owner only. */
export function secretIn(home: string, name: string): string {
  const file = join(home, name);
  try {
    mkdirSync(home, { recursive: true });
    writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(file, "utf8").trim();
}
