import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { review, type Timing } from "@reelqueue/pipeline";
import type { Row } from "./feed.ts";
import type { World } from "./world/world.ts";

/** What a careful person would do with everything that nothing else could resolve: wait out the quiet window, look at the provider's bill, and say. */
export async function settleReviews(
  rows: readonly Row[],
  world: World,
  timing: Pick<Timing, "quietMs" | "submitLeaseMs">,
): Promise<number> {
  const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const found = await ledger.readMany(world.here.cell, ids);
  const open = found.filter((each) => each?.record.state === "needs_review").map((each) => each?.id);
  if (open.length === 0) return 0;
  await wait(timing.quietMs + timing.submitLeaseMs);
  const { byMarker } = await billOf(world);
  for (const { id, marker } of rows) {
    if (id === undefined || !open.includes(id)) continue;
    const record = (await ledger.read(world.here.cell, id))?.record;
    const known = [record?.task ?? "", ...(record?.earlier ?? "").split(" ")];
    const taskId = byMarker[marker]?.taskIds.find((task) => !known.includes(task));
    await review(id, taskId === undefined ? { kind: "unsent" } : { kind: "sent", taskId }, world.here);
  }
  return open.length;
}

export interface Bill {
  tasks: number;
  charges: number;
  refunds: number;
  byMarker: Record<string, { tasks: number; charges: number; refunds: number; taskIds: string[] }>;
}

async function billOf({ twin }: World): Promise<Bill> {
  return (await (await fetch(`${twin.url}/twin/ledger`)).json()) as Bill;
}
