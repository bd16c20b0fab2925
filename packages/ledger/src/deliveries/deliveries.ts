import { randomUUID } from "node:crypto";
import type { Cell } from "../cell.ts";
import { runConfirmed } from "../durability/confirm.ts";
import { unconfirmed } from "../redis/error.ts";
import { gather } from "../redis/gather.ts";
import { pipeline, run } from "../redis/run.ts";

export type DeliveryState = "pending" | "delivered" | "exhausted";

export interface DueDelivery {
  id: string;
  endpoint: string;
  url: string;
  body: string;
  tries: number;
  tenant: string;
}

/**
 * Claims due deliveries, at most `perEndpoint` per endpoint at the same time. LedgerError `unconfirmed`, and no
 * delivery, while a failover could still undo the events; they are due again after their leases.
 */
export async function claimDeliveries(
  cell: Cell,
  options: { limit: number; perEndpoint: number; leaseMs: number },
): Promise<{ nextInMs?: number; lease: string; items: DueDelivery[] }> {
  const args = [options.limit, options.perEndpoint, options.leaseMs, randomUUID()];
  const { answer, confirmed } = await runConfirmed<string[]>(cell, "claim_deliveries", args);
  const [next = "", lease = "", ...flat] = answer;
  if (!confirmed && flat.length > 0) throw unconfirmed();
  const items = Array.from({ length: flat.length / 6 }, (_, i) => {
    const [id = "", endpoint = "", url = "", body = "", tries = "0", tenant = ""] = flat.slice(6 * i, 6 * i + 6);
    return { id, endpoint, url, body, tries: Number(tries), tenant };
  });
  return { lease, items, ...(next !== "" && { nextInMs: Number(next) }) };
}

/** Stores the result of one attempt; false if the lease has passed to another worker. */
export async function delivered(
  cell: Cell,
  delivery: Pick<DueDelivery, "id" | "endpoint">,
  lease: string,
  outcome: { state: DeliveryState; nextInMs?: number; note: string },
): Promise<boolean> {
  const note = outcome.note.replace(/\s+/g, " ").slice(0, 200);
  return writeOutcome(cell, [
    delivery.id,
    delivery.endpoint,
    lease,
    outcome.state,
    Math.round(outcome.nextInMs ?? 0),
    note,
  ]);
}

const writeOutcome = gather<(string | number)[], boolean>({ maxBatchSize: 50 }, async (cell, tries) => {
  const answers = await run<number[]>(cell, "delivered", tries.flat());
  return answers.map((answer) => answer === 1);
});

/** Makes a delivery due again, from the first attempt on, with the same id and bytes; false if it does not exist. */
export async function replay(cell: Cell, id: string): Promise<boolean> {
  return (await run<number>(cell, "replay", [id])) === 1;
}

export interface Delivery {
  id: string;
  generation: string;
  tenant: string;
  url: string;
  state: DeliveryState;
  tries: number;
  body: string;
  createdAt: string;
  /** Time and result of each attempt. */
  log: { at: string; note: string }[];
}

export async function readDeliveries(cell: Cell, ids: readonly string[]): Promise<(Delivery | undefined)[]> {
  const answers = (await pipeline(
    cell,
    ids.map((id) => ["hgetall", cell.keys.event(id)]),
  )) as Record<string, string>[];
  return answers.map((fields, i) => (fields.state === undefined ? undefined : toDelivery(ids[i] ?? "", fields)));
}

/** Ids of the deliveries of one generation, oldest first. */
export async function deliveriesOf(cell: Cell, generation: string): Promise<string[]> {
  const [count] = await pipeline(cell, [["hget", cell.keys.record(generation), "events"]]);
  return Array.from({ length: Number(count ?? 0) }, (_, i) => `msg_${generation}_${i + 1}`);
}

/** Ids of deliveries in one state, newest first. */
export async function listDeliveries(
  cell: Cell,
  state: DeliveryState,
  offset: number,
  count: number,
): Promise<string[]> {
  const [ids] = await pipeline(cell, [["zrevrange", cell.keys.events(state), offset, offset + count - 1]]);
  return ids as string[];
}

export async function countDeliveries(cell: Cell): Promise<Record<DeliveryState, number>> {
  const [pending, done, exhausted] = (await pipeline(cell, [
    ["zcard", cell.keys.events("pending")],
    ["zcard", cell.keys.events("delivered")],
    ["zcard", cell.keys.events("exhausted")],
  ])) as number[];
  return { pending: pending ?? 0, delivered: done ?? 0, exhausted: exhausted ?? 0 };
}

function toDelivery(id: string, fields: Record<string, string>): Delivery {
  const born = Number(fields.born);
  const lines = (fields.log ?? "").split("\n").filter((line) => line !== "");
  return {
    id,
    generation: fields.generation ?? "",
    tenant: fields.tenant ?? "",
    url: fields.url ?? "",
    state: fields.state as DeliveryState,
    tries: Number(fields.tries),
    body: fields.body ?? "",
    createdAt: new Date(born).toISOString(),
    log: lines.map((line) => {
      const colon = line.indexOf(":");
      return { at: new Date(born + Number(line.slice(0, colon))).toISOString(), note: line.slice(colon + 1) };
    }),
  };
}
