import { setTimeout as after } from "node:timers/promises";
import { ApiError, type Client } from "@reelqueue/client";
import type { RowAnswer } from "@reelqueue/contracts";
import { type CheckedRow, inputOf, refusalTexts } from "./check.ts";
import { hasOwnKey, keyOf } from "./keys.ts";
import type { LineProblem } from "./rows.ts";
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

/** Enqueues the new rows under their idempotency keys; after an interruption it continues with the first unanswered row. */
export async function send(
  rows: readonly CheckedRow[],
  options: { client: Client; batch: string; screen: Screen; signal: AbortSignal },
): Promise<Sent> {
  const { client, batch, screen, signal } = options;
  const sent = madeBefore(rows);
  const queue = numbered(rows).filter(({ row }) => row.existing === undefined);
  let next = 0;
  let answeredAt = performance.now();
  while (next < queue.length) {
    const inputs = queue.slice(next).map(({ row, nth }) => inputOf(row, batch, keyOf(batch, row.requestHash, nth)));
    try {
      for await (const answer of client.enqueueMany(inputs, { signal })) {
        const each = queue[next++];
        answeredAt = performance.now();
        if (next % progressEvery === 0) screen.show([`  ${next} of ${queue.length} rows enqueued`]);
        if (each && isOfAnotherRow(answer, each.row, sent)) queue.push({ row: each.row, nth: each.nth + 1 });
        else count(answer, each?.row.line ?? answer.line, sent);
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.passing) || performance.now() - answeredAt > maxOutageMs) throw error;
      await after(1_000, undefined, { signal });
    }
  }
  return sent;
}

function madeBefore(rows: readonly CheckedRow[]): Sent {
  const made = rows.flatMap(({ existing, line }) => (existing === undefined ? [] : [[existing, line] as const]));
  return { lines: new Map(made), accepted: 0, existing: made.length, refused: [] };
}

/** `nth`: which of the equal rows it is, from 1. */
function numbered(rows: readonly CheckedRow[]): { row: CheckedRow; nth: number }[] {
  const counts = new Map<string, number>();
  return rows.map((row) => {
    const nth = (counts.get(row.requestHash) ?? 0) + 1;
    counts.set(row.requestHash, nth);
    return { row, nth };
  });
}

/** Equal rows: the generation under this key is that of another one, which has moved. */
function isOfAnotherRow(answer: RowAnswer, row: CheckedRow, { lines }: Sent): boolean {
  return answer.status === "existing" && lines.has(answer.id) && !hasOwnKey(row);
}

function count(answer: RowAnswer, line: number, sent: Sent): void {
  if (answer.status === "refused") sent.refused.push(...refusalTexts(answer).map((message) => ({ line, message })));
  else if (answer.status !== "valid") {
    sent[answer.status] += 1;
    sent.lines.set(answer.id, line);
  }
}
