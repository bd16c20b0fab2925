import { execFile } from "node:child_process";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

/** Builds the shim and returns a function that opens a disk; `undefined` without Linux and a C compiler. */
export async function buildDisks(folder: string) {
  const shim = join(folder, "disk.so");
  const source = join(import.meta.dirname, "disk.c");
  try {
    if (process.platform !== "linux") return undefined;
    await promisify(execFile)("cc", ["-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"]);
  } catch {
    return undefined;
  }
  return async (name: string) => {
    const own = join(folder, name);
    await mkdir(own, { recursive: true });
    return openDisk(shim, own);
  };
}

/** The disk of one process, with adjustable faults (an `LD_PRELOAD` shim). */
function openDisk(shim: string, folder: string) {
  const set = (name: string, on: boolean) =>
    on ? writeFileSync(join(folder, name), "") : rmSync(join(folder, name), { force: true });
  return {
    /** Variables for a process that uses this disk. */
    env: { LD_PRELOAD: shim, DISK: folder },
    /** Replaces the current faults; `{}`: none. */
    setFaults: ({ full = false, slow = false }) => {
      set("full", full);
      set("slow", slow);
    },
    /**
     * Truncates a file to its synced size, as after a power cut; its process must be dead. Returns the number of bytes
     * dropped.
     */
    dropUnsynced: (file: string) => {
      const synced = Number(readFileSync(join(folder, basename(file)), "utf8"));
      const dropped = Math.max(0, statSync(file).size - synced);
      if (dropped > 0) truncateSync(file, synced);
      return dropped;
    },
  };
}
