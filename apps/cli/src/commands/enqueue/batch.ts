import { createHash } from "node:crypto";
import type { Client } from "@reelqueue/client";
import { nameCharacters } from "@reelqueue/contracts";
import { isMissing } from "../api.ts";

/** A name for the rows of a file. */
export interface BatchChoice {
  name: string;
  /** How many rows it has already. */
  size: number;
}

/**
 * Name of the batch of a file with this name: the same, in one form. A name that has to be changed gets a part of its
 * hash, so that two names never become one: no other name holds a `~`.
 */
export function batchNameOf(file: string): string {
  const name = file.normalize("NFC");
  const safe = name.replaceAll(new RegExp(`[^${nameCharacters}]`, "gu"), "-");
  if (safe === name && name.length <= maxLength) return name;
  const start = safe.slice(0, maxLength).replace(/[\ud800-\udbff]$/, "");
  return `${start}~${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}

const maxLength = 100;

/** The default names of the batch of a file. */
export interface BatchNames {
  batch: string;
  /** That of earlier versions, where it was another one. */
  olderBatch?: string;
}

export function batchNamesOf(file: string): BatchNames {
  const batch = batchNameOf(file);
  const olderBatch = file.replaceAll(/[^\w.:@/+ -]/g, "-").slice(0, maxLength) || "batch";
  return { batch, ...(olderBatch !== batch && { olderBatch }) };
}

/** The batches of a file. */
export interface Batches {
  batch: BatchChoice;
  /** The one that earlier versions chose, where it has another name. */
  older?: BatchChoice;
}

/** The batch of this name, by default that of the file; with `again` the first of `name-2`, `name-3` … that is new. */
export async function chooseBatches(
  { batch, olderBatch }: BatchNames,
  { batch: given = batch, again = false }: { batch?: string; again?: boolean },
  client: Client,
): Promise<Batches> {
  const name = given.normalize("NFC");
  let choice = await choiceOf(name, client);
  for (let n = 2; again && choice.size > 0; n += 1) choice = await choiceOf(`${name}-${n}`, client);
  if (again || name !== batch || olderBatch === undefined) return { batch: choice };
  return { batch: choice, older: await choiceOf(olderBatch, client) };
}

async function choiceOf(name: string, client: Client): Promise<BatchChoice> {
  try {
    return { name, size: (await client.batch(name)).total };
  } catch (error) {
    if (isMissing(error)) return { name, size: 0 };
    throw error;
  }
}
