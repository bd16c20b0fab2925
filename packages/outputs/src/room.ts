import { access, constants } from "node:fs/promises";
import { StartError } from "@reelqueue/runtime";
import { freeBytes, makeDirectory } from "./durable.ts";
import { StorageError, storageError } from "./storage-error.ts";

/** The room in one store, with the floor that must stay free for everything else on the disk. */
export class Room {
  readonly directory: string;
  readonly minFreeBytes: number;

  constructor(directory: string, minFreeBytes: number) {
    this.directory = directory;
    this.minFreeBytes = minFreeBytes;
  }

  /** Throws a StorageError (`full`) unless so many bytes fit above the floor. */
  async need(bytes: number): Promise<void> {
    const free = await this.free();
    if (free < bytes + this.minFreeBytes) {
      throw new StorageError("full", `${free} bytes are free, ${bytes} and a floor of ${this.minFreeBytes} are needed`);
    }
  }

  async free(): Promise<number> {
    return await freeBytes(this.directory).catch((error: unknown) => {
      throw storageError(error);
    });
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
