import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** State of one file at one account. */
export type UploadState =
  /** A worker holds the lease and uploads it. */
  | { kind: "uploading" }
  /** Uploaded; the provider still processes it. */
  | { kind: "processing"; assetId: string }
  /** Ready; requests name it by this address. */
  | { kind: "ready"; address: string };

/** States of files at an account, in order; undefined: not uploaded. */
export async function uploadStates(
  cell: Cell,
  account: string,
  files: readonly string[],
): Promise<(UploadState | undefined)[]> {
  if (files.length === 0) return [];
  const keys = files.map((file) => cell.keys.upload(account, file));
  const [texts] = (await pipeline(cell, [["mget", ...keys]])) as [(string | null)[]];
  return texts.map((text) => (text === null ? undefined : (JSON.parse(text) as UploadState)));
}

/** Takes the lease to upload a file; false if another worker has it or the file is uploaded. */
export async function beginUpload(cell: Cell, account: string, file: string, leaseMs: number): Promise<boolean> {
  const mark = JSON.stringify({ kind: "uploading" } satisfies UploadState);
  const [taken] = await pipeline(cell, [["set", cell.keys.upload(account, file), mark, "NX", "PX", leaseMs]]);
  return taken !== null;
}

/** Extends the lease of an upload; never shortens the life of a stored state. */
export async function renewUpload(cell: Cell, account: string, file: string, leaseMs: number): Promise<void> {
  await pipeline(cell, [["pexpire", cell.keys.upload(account, file), leaseMs, "GT"]]);
}

/** Stores the state of a file for `ttlMs`. */
export async function recordUpload(
  cell: Cell,
  account: string,
  file: string,
  { state, ttlMs }: { state: UploadState; ttlMs: number },
): Promise<void> {
  await pipeline(cell, [["set", cell.keys.upload(account, file), JSON.stringify(state), "PX", ttlMs]]);
}

/** Deletes the state of a file, so that it is uploaded again. */
export async function dropUpload(cell: Cell, account: string, file: string): Promise<void> {
  await pipeline(cell, [["del", cell.keys.upload(account, file)]]);
}
