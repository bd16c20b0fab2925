import { createHash } from "node:crypto";
import type { Event, Failure, Generation, Output, RestingState } from "@reelqueue/contracts";
import { clearedOnEntry } from "../generations/cleared-on-entry.ts";
import type { WebhookEvent } from "../generations/move-text.ts";
import type { Found } from "../generations/read.ts";
import type { Success } from "../generations/refs.ts";
import { outputsText, toGeneration } from "../generations/view.ts";
import type { GenerationRecord } from "../redis/codec.ts";

/** The end of a generation. */
export interface Ending {
  state: RestingState;
  failure?: Failure | undefined;
  outputs?: readonly Output[] | undefined;
  warnings?: readonly string[] | undefined;
  costMicroUsd?: number | undefined;
}

/** Told of each move into a resting state. */
export type OnEnd = (account: string, state: RestingState) => void;

/**
 * Fields of the move that ends a generation, with its webhook event if the request has a webhook. `publicUrl`: root of
 * the output URLs.
 */
export function endingFields(found: Found | undefined, ending: Ending, publicUrl = "") {
  const { failure, outputs, warnings = [], costMicroUsd } = ending;
  const kept = warnings.length > 0 && { warnings: warnings.map(short) };
  const event = found && eventOf(found, ending, publicUrl);
  return {
    ...(failure && { set: { failure: { ...failure, message: short(failure.message) } }, note: failure.message }),
    ...(outputs &&
      found && { set: { outputsText: outputsText(found.id, outputs), ...kept }, restingRequest: found.request }),
    ...(costMicroUsd !== undefined && { costMicroUsd }),
    ...(event && { event }),
  };
}

/** The generation as `succeed` will leave it; the time of its end is this process's, not the ledger's. */
export function toSucceeded(found: Found, result: Success, atMs = Date.now()): Generation {
  const { id, record, request } = found;
  const ending: Ending = { ...result, state: "succeeded" };
  const settled = settledMicroUsd(record, ending);
  const stored: GenerationRecord = {
    ...record,
    ...endingFields(found, ending).set,
    state: "succeeded",
    stateChangedAtMs: atMs,
    ...(settled !== undefined && { settledMicroUsd: settled }),
  };
  for (const name of clearedOnEntry.succeeded) delete stored[name];
  const generation = toGeneration(id, stored, request);
  return { ...generation, timeline: [...generation.timeline, { at: generation.updatedAt, state: "succeeded" }] };
}

const short = (text: string): string => text.slice(0, 500).toWellFormed();

function eventOf(found: Found, ending: Ending, publicUrl: string): WebhookEvent | undefined {
  const { webhook } = found.request;
  if (webhook === undefined) return undefined;
  return { endpoint: endpointOf(webhook), url: webhook, body: JSON.stringify(bodyOf(found, ending, publicUrl)) };
}

function bodyOf({ id, record, request }: Found, ending: Ending, publicUrl: string): Event {
  const { estimateMicroUsd } = record;
  const settled = settledMicroUsd(record, ending);
  return {
    type: `generation.${ending.state}`,
    timestamp: new Date().toISOString(),
    data: {
      id,
      state: ending.state,
      account: record.account,
      tenant: record.tenant,
      ...(record.taskId !== undefined && { taskId: record.taskId }),
      attempt: record.attempt,
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
      ...((ending.warnings ?? []).length > 0 && { warnings: ending.warnings?.map(short) }),
      cost: {
        estimateUsd: estimateMicroUsd === undefined ? null : estimateMicroUsd / 1e6,
        settledUsd: settled === undefined ? null : settled / 1e6,
      },
    },
  };
}

/** Cost of all attempts, as the ledger stores it; `undefined` if no price is known. 0 is a known cost. */
function settledMicroUsd(record: GenerationRecord, { state, costMicroUsd }: Ending): number | undefined {
  const { settledMicroUsd, reservedMicroUsd } = record;
  const known = reservedMicroUsd === undefined ? undefined : costMicroUsd;
  const spent = known ?? (state === "succeeded" ? (reservedMicroUsd ?? 0) : 0);
  if (settledMicroUsd === undefined && known === undefined && spent === 0) return undefined;
  return (settledMicroUsd ?? 0) + Math.round(spent);
}

/** Id of the endpoint: one per origin, so that its deliveries share a cap. */
function endpointOf(url: string): string {
  return createHash("sha1").update(new URL(url).origin).digest("hex").slice(0, 12);
}
