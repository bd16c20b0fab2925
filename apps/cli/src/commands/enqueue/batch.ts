import type { Client } from "@reelqueue/client";
import type { BatchView } from "@reelqueue/contracts";
import { isMissing } from "../api.ts";

export interface BatchChoice {
  name: string;
  /** How many rows it has already. */
  size: number;
}

/** The batch that a file becomes: the same one every time, or with `again` the next one that does not exist. */
export async function chooseBatch(name: string, again: boolean, client: Client): Promise<BatchChoice> {
  let choice = { name, size: await sizeOf(name, client) };
  for (let n = 2; again && choice.size > 0; n += 1) {
    const next = `${name}-${n}`;
    choice = { name: next, size: await sizeOf(next, client) };
  }
  return choice;
}

async function sizeOf(name: string, client: Client): Promise<number> {
  const view = await client.batch(name).catch((error: unknown): Pick<BatchView, "total"> => {
    if (isMissing(error)) return { total: 0 };
    throw error;
  });
  return view.total;
}
