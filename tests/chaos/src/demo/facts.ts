import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bill } from "./result.ts";

interface SimulatorLog {
  /** Requests by route, then by status. */
  routes: Record<string, Record<string, number>>;
}

/** The simulator's charges and refunds. */
export async function billOf(simulatorUrl: string): Promise<Bill> {
  return (await ask(`${simulatorUrl}/simulator/ledger`)) as Bill;
}

/** GET requests to the simulator by provider, whatever the answer. */
export async function pollsOf(simulatorUrl: string): Promise<Record<string, number>> {
  const { routes } = (await ask(`${simulatorUrl}/simulator/log?limit=1`)) as SimulatorLog;
  const polls: Record<string, number> = {};
  for (const [route, statuses] of Object.entries(routes)) {
    const provider = /^GET \/([^/]+)/.exec(route)?.[1];
    if (provider === undefined) continue;
    polls[provider] = Object.values(statuses).reduce((sum, count) => sum + count, polls[provider] ?? 0);
  }
  return polls;
}

/** Bytes of every `.mp4` file below the folder that starts with an `ftyp` box. */
export async function videoBytesIn(directory: string): Promise<number[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".mp4"));
  const bytes: number[] = [];
  for (const { parentPath, name } of files) {
    const size = await mp4Bytes(join(parentPath, name));
    if (size !== undefined) bytes.push(size);
  }
  return bytes;
}

/** The size of an MP4 file: `ftyp` follows the length of its first box. */
async function mp4Bytes(path: string): Promise<number | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  if (bytesRead < 8 || buffer.toString("latin1", 4, 8) !== "ftyp") return undefined;
  return (await file.stat()).size;
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`the simulator answered ${answer.status} to ${url}`);
  return await answer.json();
}
