import { access, constants, statfs } from "node:fs/promises";
import { StartError } from "@reelqueue/runtime";
import { makeDirectory } from "./durable.ts";
import { StorageError, storageError } from "./storage-error.ts";

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
