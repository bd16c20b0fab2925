import { limits } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { recordVersion } from "../redis/codec.ts";
import { LedgerError, unconfirmed } from "../redis/error.ts";

export interface NewGeneration {
  id: string;
  /** Hash of what was asked for, by which a repeated request is told from another one under the same key. */
  requestHash: string;
  account: string;
  tenant: string;
  priority: number;
  /** The frozen request, as JSON. */
  request: string;
  runTimeClass: string;
  batch?: string;
  expiresInMs?: number;
  /** The account was chosen for it, not named by the customer. */
  accountChosen?: "auto";
  /** Micro-USD; left out where no price is known. */
  estimateMicroUsd?: number;
}

/** `mismatch`: the id exists with another body. `skipped`: not written because another row of an atomic call could not be. */
export type Accepted = "accepted" | "existing" | "mismatch" | "skipped";

const rowsPerScript = 250;

/**
 * Writes new generations, durable when it returns: where replicas could take over, one of them has it too. With `atomic` all of them are written or none (one script, so keep it to some thousands);
 * otherwise each one by itself.
 */
export async function accept(
  cell: Cell,
  generations: readonly NewGeneration[],
  options: { atomic?: boolean } = {},
): Promise<Accepted[]> {
  if (generations.length === 0) return [];
  const rows = generations.map(encode);
  if (options.atomic) return write(cell, ["atomic", ...rows.flat()]);
  const calls: Promise<Accepted[]>[] = [];
  for (let start = 0; start < rows.length; start += rowsPerScript) {
    calls.push(write(cell, ["each", ...rows.slice(start, start + rowsPerScript).flat()]));
  }
  return (await Promise.all(calls)).flat();
}

async function write(cell: Cell, args: string[]): Promise<Accepted[]> {
  const { answer, confirmed } = await runConfirmed<Accepted[]>(cell, "accept", args);
  if (!confirmed) throw unconfirmed();
  return answer;
}

function encode(generation: NewGeneration): string[] {
  const { id, requestHash, account, tenant, priority, request, expiresInMs, estimateMicroUsd } = generation;
  if (Buffer.byteLength(request) > limits.requestBytes) {
    throw new LedgerError(
      "too_large",
      `a request may hold ${limits.requestBytes} bytes; put media into the media store`,
    );
  }
  const fields = {
    class: generation.runTimeClass,
    ...(generation.batch !== undefined && { batch: generation.batch }),
    ...(expiresInMs !== undefined && { expires: expiresInMs }),
    ...(generation.accountChosen !== undefined && { route: generation.accountChosen }),
    ...(estimateMicroUsd !== undefined && { estimate: String(Math.round(estimateMicroUsd)) }),
  };
  return [id, requestHash, account, tenant, String(priority), recordVersion + request, JSON.stringify(fields)];
}
