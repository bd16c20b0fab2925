import { access, constants, link, mkdir, open, rename, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { StartError } from "@reelqueue/runtime";
import { errorCode, StorageError, storageError } from "./storage-error.ts";
/** Makes a folder with its parents so that it survives a power cut. */
export async function makeDirectory(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o750 });
  if (firstMade === undefined) return;
  for (let made = path; made.length >= firstMade.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** By folder, the sync that has not begun yet. */
const nextSync = new Map<string, Promise<void>>();
/** By folder, the last sync that was asked for. */
const lastSync = new Map<string, Promise<void>>();

/** Whoever comes while a folder is being synced shares the next sync with all who come meanwhile. */
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

/** Gives a finished file its name, durably. Unless it may replace, the first of two with one name wins. */
export async function publish(draft: string, path: string, replace: boolean): Promise<"published" | "existing"> {
  await makeDirectory(dirname(path));
  if (replace) await rename(draft, path);
  else if (!(await linked(draft, path))) return "existing";
  await syncDirectory(dirname(path));
  return "published";
}

/** A link never replaces a file, a rename does. */
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

/** What file systems without hard links answer; there, of two finalizers at the same moment, the last one wins. */
const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** For so long a look at the disk is believed, if there is plenty of room. */
const freshMs = 250;

/** The room in one store, with the floor that must stay free for everything else on the disk. */
export class Room {
  readonly directory: string;
  readonly minFreeBytes: number;
  /** What was free when last looked, less what was promised since. */
  #seen = { free: 0, atMs: Number.NEGATIVE_INFINITY };

  constructor(directory: string, minFreeBytes: number) {
    this.directory = directory;
    this.minFreeBytes = minFreeBytes;
  }

  /** Throws a StorageError (`full`) unless so many bytes fit above the floor. */
  async need(bytes: number): Promise<void> {
    const wanted = bytes + this.minFreeBytes;
    const stale = performance.now() - this.#seen.atMs > freshMs;
    // what is promised is not written yet: near the floor only a fresh look says what is free
    if (stale || this.#seen.free < 2 * wanted) await this.free();
    const { free } = this.#seen;
    if (free < wanted) {
      throw new StorageError("full", `${free} bytes are free, ${bytes} and a floor of ${this.minFreeBytes} are needed`);
    }
    this.#seen.free -= bytes;
  }

  async free(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.directory);
      const free = bavail * bsize;
      this.#seen = { free, atMs: performance.now() };
      return free;
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Makes the folder. Throws a StartError when nothing can be written there. */
  async proveWritable(what: string): Promise<void> {
    try {
      await makeDirectory(this.directory);
      await access(this.directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const { message } = storageError(error);
      throw new StartError(`${what} cannot be kept in ${this.directory}: ${message}`, { cause: error });
    }
  }
}
