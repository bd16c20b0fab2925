import { setTimeout as after } from "node:timers/promises";
import { ApiError, type Client } from "@reelqueue/client";
import type { GenerationInput } from "@reelqueue/contracts";
import { type CheckedRow, sentencesOf } from "./check.ts";
import { idempotencyKey } from "./idempotency.ts";
import { type LocalFiles, withStored } from "./media.ts";
import type { LineProblem } from "./rows.ts";
import type { Screen } from "./screen.ts";

export interface Sent {
  /** Line of each generation. */
  lines: Map<string, number>;
  accepted: number;
  /** Were there before: not paid again. */
  existing: number;
  refused: LineProblem[];
}

const toldEvery = 1_000;
/** The API may be away so long, for example while it starts anew. */
const patienceMs = 60_000;

/** Enqueues the rows under their keys. Whatever breaks off can be sent again: what was taken is found again. */
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
        if (next % toldEvery === 0) screen.show([`  ${next} of ${rows.length} rows enqueued`]);
        if (answer.status === "refused")
          sent.refused.push(...sentencesOf(answer).map((message) => ({ line, message })));
        else if (answer.status !== "valid") {
          sent[answer.status] += 1;
          sent.lines.set(answer.id, line);
        }
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.passing) || performance.now() - answeredAt > patienceMs) throw error;
      await after(1_000, undefined, { signal });
    }
  }
  return sent;
}

function inputOf(row: CheckedRow, batch: string, files: LocalFiles): GenerationInput {
  const request = withStored(row.request, files);
  return { ...request, batch, idempotencyKey: idempotencyKey(batch, { line: row.line, request }) } as GenerationInput;
}
