import type { Cell } from "../cell.ts";
import { pipeline } from "../redis/run.ts";

/** What has become of one file at one account. */
export type UploadState =
  /** Somebody is sending it. */
  | { kind: "uploading" }
  /** It is there, but the provider is not done with it. */
  | { kind: "processing"; assetId: string }
  /** A request may name it by this address. */
  | { kind: "ready"; address: string };

/** What is known of files at an account, in their order. */
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

/** Takes the sending of one file upon oneself for so long; false where another has it, or where it is there already. */
export async function beginUpload(cell: Cell, account: string, file: string, leaseMs: number): Promise<boolean> {
  const mark = JSON.stringify({ kind: "uploading" } satisfies UploadState);
  const [taken] = await pipeline(cell, [["set", cell.keys.upload(account, file), mark, "NX", "PX", leaseMs]]);
  return taken !== null;
}

/** Keeps the sending of one file for so long from now; what is known of a file that is there stays as it is. */
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

/** The file has to be sent anew. */
export async function dropUpload(cell: Cell, account: string, file: string): Promise<void> {
  await pipeline(cell, [["del", cell.keys.upload(account, file)]]);
}
