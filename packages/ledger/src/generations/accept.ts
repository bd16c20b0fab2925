import { limits } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { recordVersion } from "../redis/codec.ts";
import { LedgerError, unconfirmed } from "../redis/error.ts";

export interface NewGeneration {
  id: string;
  /** Hash of the request; tells a repeated request from another one under the same key. */
  requestHash: string;
  account: string;
  tenant: string;
  priority: number;
  /** Output of `serializeRequest`. */
  request: string;
  runTimeClass: string;
  batch?: string;
  expiresInMs?: number;
  /** `auto`: the account was chosen, not named by the caller. */
  accountChosen?: "auto";
  /** Absent if no price is known. */
  estimateMicroUsd?: number;
}

/** `mismatch`: the id exists with another body. `skipped`: another row of the atomic call failed. */
export type Accepted = "accepted" | "existing" | "mismatch" | "skipped";

const rowsPerScript = 250;

/**
 * Writes new generations; durable when it returns: a replica has them too, if one could take over. `atomic`: all or
 * none, in one script (at most some thousands); otherwise each row independently.
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
      `the request is larger than ${limits.requestBytes} bytes; put media into the media store`,
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
