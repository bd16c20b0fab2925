import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { DiskSpace } from "./disk-space.ts";
import { makeDirectory, publish } from "./disk-space.ts";
import { errorCode, storageError } from "./storage-error.ts";

/** The destination of the bytes of a transfer. */
export interface Sink {
  /** Resolves when more may be written. Throws a StorageError. */
  write(chunk: Buffer): Promise<void>;
  /** Discards everything written. */
  restart(): Promise<void>;
}

/** Drafts are in one folder of the store: on the same disk, and the sweep does not walk the whole store. */
const draftFolder = ".partial";
/** Fewer, larger writes: measured 1.4 times the throughput of the default of 64 KiB. */
const writeBytes = 1_048_576;
const roomCheckBytes = 67_108_864;

/** A draft of a file. Disposing removes the draft; a published file stays. */
export class PartFile implements Sink, AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #space: DiskSpace;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #position = 0;
  #uncheckedBytes = 0;
  /** At most one write runs; meanwhile the next batch is collected. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle, space: DiskSpace) {
    this.#path = path;
    this.#handle = handle;
    this.#space = space;
  }

  static async create(space: DiskSpace): Promise<PartFile> {
    const folder = join(space.directory, draftFolder);
    const path = join(folder, `${randomBytes(16).toString("hex")}.part`);
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const draft = () => open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o640);
    try {
      const handle = await draft().catch(async (error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
        await makeDirectory(folder);
        return await draft();
      });
      return new PartFile(path, handle, space);
    } catch (error) {
      throw storageError(error);
    }
  }

  async write(chunk: Buffer): Promise<void> {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    if (this.#batchBytes >= writeBytes) await this.#flush();
  }

  async restart(): Promise<void> {
    await this.#writing;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#position = 0;
    await this.#handle.truncate(0).catch(fail);
  }

  /** Makes the file durable under its name; `existing`: the name is taken, and the existing file is not replaced. */
  async publish(path: string, { replace = false } = {}): Promise<"published" | "existing"> {
    await this.#flush();
    await this.#writing;
    try {
      await this.#handle.sync();
      return await publish(this.#path, path, replace);
    } catch (error) {
      throw storageError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    await unlink(this.#path).catch((error: unknown) => {
      // Renamed, or removed by a sweep.
      if (errorCode(error) !== "ENOENT") throw error;
    });
  }

  async #flush(): Promise<void> {
    await this.#writing;
    await this.#keepFloor();
    this.#writing = this.#writeAll(this.#batch, this.#batchBytes, this.#position);
    // The next write or publish throws the error.
    this.#writing.catch(() => undefined);
    this.#position += this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
  }

  async #keepFloor(): Promise<void> {
    this.#uncheckedBytes += this.#batchBytes;
    if (this.#uncheckedBytes < roomCheckBytes) return;
    this.#uncheckedBytes = 0;
    await this.#space.reserve(0);
  }

  async #writeAll(batch: Buffer[], bytes: number, position: number): Promise<void> {
    if (bytes === 0) return;
    const { bytesWritten } = await this.#handle.writev(batch, position).catch(fail);
    // A short write means that the disk is nearly full; writing the rest throws if it is full.
    if (bytesWritten < bytes)
      await this.#writeAll(
        [Buffer.concat(batch).subarray(bytesWritten)],
        bytes - bytesWritten,
        position + bytesWritten,
      );
  }
}

function fail(error: unknown): never {
  throw storageError(error);
}

/** Removes drafts that were not modified for this long; returns their number. */
export async function sweepDrafts(directory: string, olderThanMs: number): Promise<number> {
  const folder = join(directory, draftFolder);
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names) {
    const path = join(folder, name);
    const modifiedAtMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (Date.now() - modifiedAtMs <= olderThanMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
