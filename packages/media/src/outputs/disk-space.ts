import { access, constants, link, mkdir, open, rename, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { StartError } from "@reelqueue/runtime";
import { errorCode, StorageError, storageError } from "./storage-error.ts";

/** Creates a folder with its parents, durably: it survives a power failure. */
export async function makeDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o750 });
  if (firstMade === undefined) return;
  for (let made = path; made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** By folder: the sync that has not started yet. */
const nextSync = new Map<string, Promise<void>>();
/** By folder: the last sync that was requested. */
const lastSync = new Map<string, Promise<void>>();

/** Syncs a folder. All calls that arrive while a sync of the folder runs share the next one. */
function syncDirectory(path: string): Promise<void> {
  const waiting = nextSync.get(path);
  if (waiting !== undefined) return waiting;
  const before = lastSync.get(path) ?? Promise.resolve();
  const mine = before
    .catch(() => undefined)
    .then(() => {
      nextSync.delete(path);
      return syncNow(path);
    })
    .finally(() => {
      if (lastSync.get(path) === mine) lastSync.delete(path);
    });
  nextSync.set(path, mine);
  lastSync.set(path, mine);
  return mine;
}

async function syncNow(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

/** Gives a finished file its name, durably. Without `replace`, the first of two files with one name wins. */
export async function publish(draft: string, path: string, replace: boolean): Promise<"published" | "existing"> {
  await makeDirectory(dirname(path));
  if (replace) await rename(draft, path);
  else if (!(await linked(draft, path))) return "existing";
  await syncDirectory(dirname(path));
  return "published";
}

/** Links instead of renaming: a link never replaces a file, a rename does. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (!withoutLinks.has(errorCode(error) ?? "")) throw error;
    await rename(draft, path);
  }
  return true;
}

/** Errors of file systems without hard links; there, the last of two concurrent finalizers wins. */
const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** A measurement of the free space is reused for this time, unless the space is short. */
const freshMs = 250;

/** The disk space of one store, with a floor that must stay free for other uses of the disk. */
export class DiskSpace {
  readonly directory: string;
  readonly minFreeBytes: number;
  /** The last measurement, less the reservations since. */
  #measured = { free: 0, atMs: Number.NEGATIVE_INFINITY };

  constructor(directory: string, minFreeBytes: number) {
    this.directory = directory;
    this.minFreeBytes = minFreeBytes;
  }

  /** Throws a StorageError (`full`) unless this many bytes fit above the floor. */
  async reserve(bytes: number): Promise<void> {
    const wanted = bytes + this.minFreeBytes;
    const stale = performance.now() - this.#measured.atMs > freshMs;
    // Reserved bytes may not be written yet, so near the floor only a new measurement counts.
    if (stale || this.#measured.free < 2 * wanted) await this.freeBytes();
    const { free } = this.#measured;
    if (free < wanted) {
      throw new StorageError("full", `${free} bytes are free, ${bytes} and a floor of ${this.minFreeBytes} are needed`);
    }
    this.#measured.free -= bytes;
  }

  /** Measures the free space of the disk. */
  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.directory);
      const free = bavail * bsize;
      this.#measured = { free, atMs: performance.now() };
      return free;
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Creates the folder. Throws a StartError if it is not writable. */
  async ensureWritable(what: string): Promise<void> {
    try {
      await makeDirectory(this.directory);
      await access(this.directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const { message } = storageError(error);
      throw new StartError(`${what} cannot be stored in ${this.directory}: ${message}`, { cause: error });
    }
  }
}
