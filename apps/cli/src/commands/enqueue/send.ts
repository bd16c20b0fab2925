import { createHash } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { ApiError, type Client } from "@reelqueue/client";
import type { GenerationInput } from "@reelqueue/contracts";
import { type CheckedRow, refusalTexts } from "./check.ts";
import { type LocalFiles, withStored } from "./media.ts";
import type { LineProblem, Row } from "./rows.ts";
import type { Screen } from "./screen.ts";

export interface Sent {
  /** Line of each generation. */
  lines: Map<string, number>;
  accepted: number;
  /** Enqueued before: not paid again. */
  existing: number;
  refused: LineProblem[];
}

const progressEvery = 1_000;
/** The longest outage of the API that is bridged, for example a restart. */
const maxOutageMs = 60_000;

/** Enqueues the rows under their idempotency keys; after an interruption it continues with the first unanswered row. */
export async function send(
  rows: readonly CheckedRow[],
  options: { client: Client; batch: string; files: LocalFiles; screen: Screen; signal: AbortSignal },
): Promise<Sent> {
  const { client, batch, files, screen, signal } = options;
  const sent: Sent = { lines: new Map(), accepted: 0, existing: 0, refused: [] };
  let next = 0;
  let answeredAt = performance.now();
  while (next < rows.length) {
    const inputs = rows.slice(next).map((row) => inputOf(row, batch, files));
    try {
      for await (const answer of client.enqueueMany(inputs, { signal })) {
        const line = rows[next++]?.line ?? answer.line;
        answeredAt = performance.now();
        if (next % progressEvery === 0) screen.show([`  ${next} of ${rows.length} rows enqueued`]);
        if (answer.status === "refused")
          sent.refused.push(...refusalTexts(answer).map((message) => ({ line, message })));
        else if (answer.status !== "valid") {
          sent[answer.status] += 1;
          sent.lines.set(answer.id, line);
        }
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.passing) || performance.now() - answeredAt > maxOutageMs) throw error;
      await after(1_000, undefined, { signal });
    }
  }
  return sent;
}

function inputOf(row: CheckedRow, batch: string, files: LocalFiles): GenerationInput {
  const request = withStored(row.request, files);
  return { ...request, batch, idempotencyKey: idempotencyKey(batch, { line: row.line, request }) } as GenerationInput;
}

/**
 * The idempotency key of a row: its own, else one made of batch, line and request. Enqueueing the same file again
 * therefore pays nothing twice; a changed row is a new generation. The order of fields and white space do not matter.
 */
export function idempotencyKey(batch: string, { line, request }: Row): string {
  if (typeof request.idempotencyKey === "string") return request.idempotencyKey;
  const hash = createHash("sha256")
    .update(JSON.stringify(sorted(request)))
    .digest("base64url");
  return `${batch}:${line}:${hash.slice(0, 22)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
