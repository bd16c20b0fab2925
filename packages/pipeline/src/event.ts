import { createHash } from "node:crypto";
import type { Event, Failure, Output, RestingState } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";

export interface Ending {
  state: RestingState;
  failure?: Failure;
  outputs?: Output[];
  costMicroUsd?: number;
}

/** The webhook that announces an ending; `undefined` where nobody asked for one. */
export function eventOf(found: ledger.Found, ending: Ending, publicUrl: string | undefined): ledger.Move["event"] {
  const { request } = found;
  if (request.webhook === undefined) return undefined;
  return {
    endpoint: endpointOf(request.webhook),
    url: request.webhook,
    body: JSON.stringify(bodyOf(found, ending, publicUrl)),
  };
}

/** Reads what an event needs for generations that rest on the word of a poll, then builds it. */
export async function announceEnding(
  deps: Pick<Deps, "cell" | "publicUrl">,
  id: string,
  ending: Ending,
): Promise<{ event?: NonNullable<ledger.Move["event"]> }> {
  const found = await ledger.read(deps.cell, id);
  const event = found && eventOf(found, ending, deps.publicUrl);
  return event === undefined ? {} : { event };
}

function bodyOf({ id, record, request }: ledger.Found, ending: Ending, publicUrl = ""): Event {
  const estimateUsd = record.estimate === undefined ? null : Number(record.estimate) / 1e6;
  return {
    type: `generation.${ending.state}`,
    timestamp: new Date().toISOString(),
    data: {
      id,
      state: ending.state,
      account: record.account,
      tenant: record.tenant,
      ...(record.task !== undefined && { taskId: record.task }),
      attempt: Number(record.attempt),
      ...(request.batch !== undefined && { batch: request.batch }),
      ...(request.tags.length > 0 && { tags: request.tags }),
      ...(request.metadata !== undefined && { metadata: request.metadata }),
      ...(ending.failure !== undefined && { failure: ending.failure }),
      outputs: (ending.outputs ?? []).map(({ kind, bytes, sha256, contentType }, n) => ({
        kind,
        url: `${publicUrl}/v1/generations/${id}/outputs/${n}`,
        bytes,
        sha256,
        contentType,
      })),
      cost: { estimateUsd, settledUsd: settledUsd(record, ending) },
    },
  };
}

/** What the ledger will say: earlier attempts and this one; of a price that nobody knows, nothing. */
function settledUsd({ cost, held }: ledger.StoredRecord, { state, costMicroUsd }: Ending): number | null {
  const reserved = Number(held ?? 0);
  const spent = held === undefined ? 0 : (costMicroUsd ?? (state === "succeeded" ? reserved : 0));
  return cost === undefined && spent === 0 ? null : (Number(cost ?? 0) + Math.round(spent)) / 1e6;
}

/** One endpoint per origin: its deliveries share a cap. */
function endpointOf(url: string): string {
  return createHash("sha1").update(new URL(url).origin).digest("hex").slice(0, 12);
}
