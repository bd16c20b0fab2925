import { execFile } from "node:child_process";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

/** The disk under one process, which can be full, slow or cut from power. */
export interface Disk {
  /** Variables that a process is started with to be on this disk. */
  env: Record<string, string>;
  /** From now on; `{}`: it is well. */
  trouble(trouble: { full?: boolean; slow?: boolean }): void;
  /** Drops what was written to this file and never synced; its process must be dead. Answers how many bytes. */
  losePower(file: string): number;
}

/** Disks that obey; `undefined` where the shim cannot be built (another system than Linux, or no C compiler). */
export async function buildDisks(folder: string): Promise<((name: string) => Promise<Disk>) | undefined> {
  const shim = join(folder, "disk.so");
  const source = join(import.meta.dirname, "disk.c");
  try {
    if (process.platform !== "linux") return undefined;
    await promisify(execFile)("cc", ["-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"]);
  } catch {
    return undefined;
  }
  return async (name) => {
    const own = join(folder, name);
    await mkdir(own, { recursive: true });
    return openDisk(shim, own);
  };
}

function openDisk(shim: string, folder: string): Disk {
  const set = (name: string, on: boolean) =>
    on ? writeFileSync(join(folder, name), "") : rmSync(join(folder, name), { force: true });
  return {
    env: { LD_PRELOAD: shim, DISK: folder },
    trouble: ({ full = false, slow = false }) => {
      set("full", full);
      set("slow", slow);
    },
    losePower: (file) => {
      const synced = Number(readFileSync(join(folder, basename(file)), "utf8"));
      const dropped = Math.max(0, statSync(file).size - synced);
      if (dropped > 0) truncateSync(file, synced);
      return dropped;
    },
  };
}
