import { sharedRedis, uniqueCell } from "@reelqueue/testing";
import * as ledger from "./index.ts";
import { bring } from "./testing/index.ts";

/** Opens an empty cell on the shared Redis of the tests. */
export async function testCell(): Promise<ledger.Cell> {
  const cell = ledger.openCell({ url: await sharedRedis(), cell: uniqueCell(), role: "worker" });
  await ledger.awaitReady(cell, 5_000);
  return cell;
}

let generationCount = 0;

export function newGeneration(cell: ledger.Cell, changes: Partial<ledger.NewGeneration> = {}): ledger.NewGeneration {
  generationCount += 1;
  return {
    id: ledger.generationId(cell.name, "default", `key-${generationCount}`),
    requestHash: "hash",
    account: "hiapi",
    tenant: "default",
    priority: 0,
    request: JSON.stringify({ prompt: `prompt ${generationCount}`, model: "seedance-2.0" }),
    runTimeClass: "hiapi/seedance-2.0/720p/5/text",
    estimateMicroUsd: 100_000,
    ...changes,
  };
}

export const generous: ledger.AdmitLimits = {
  slots: 1_000,
  rate: 0,
  burst: 0,
  window: 1_000,
  leaseMs: 30_000,
  weights: {},
};

/** Moves a new generation to `running` as the stages do; returns its id. */
export async function running(
  cell: ledger.Cell,
  taskId: string,
  changes: Partial<ledger.NewGeneration> = {},
): Promise<string> {
  const generation = newGeneration(cell, changes);
  await ledger.accept(cell, [generation]);
  await ledger.admit(cell, generation.account, generous);
  await bring(cell, [generation.id], "running", { taskId, last: { due: { lane: "poll", inMs: 0 } } });
  return generation.id;
}
