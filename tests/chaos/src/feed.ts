import { setTimeout as pause } from "node:timers/promises";
import { ApiError, type Client, createClient } from "@reelqueue/client";
import type { GenerationInput } from "@reelqueue/contracts";
import type { SeededRandom } from "./random.ts";
import type { AccountName } from "./system/system.ts";

/** One request of the producer. */
export interface Row {
  marker: string;
  account: string;
  input: GenerationInput;
  /** `ok`: accepted, the system has promised to finish it. `open`: no certain answer yet. */
  answer: "ok" | "refused" | "open";
  /** The id that the API returned. */
  id?: string;
  /** Answers that contradict the first one: another id, or another body accepted under the same key. */
  contradictions: string[];
  /** Requests until the first certain answer. */
  tries: number;
  /** Repetitions after it. */
  repeats: number;
}

/** Share of generations with each simulator fault. */
export type FaultMix = Readonly<Record<string, number>>;

interface RowOptions {
  count: number;
  faults: FaultMix;
  accounts: readonly AccountName[];
  webhook: string;
  /** Prefix of every marker of the run. */
  run: string;
}

/** The rows of a run; the seed decides which provider faults each one gets. */
export function makeRows({ count, faults, accounts, webhook, run }: RowOptions, random: SeededRandom): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const marker = `${run}-${i}`;
    const account = accounts[i % accounts.length] ?? "hiapi";
    const faultTags = Object.entries(faults)
      .filter(([, share]) => random.happens(share))
      .map(([name]) => `[[fault:${name}]]`);
    const input: GenerationInput = {
      prompt: `a paper boat in the rain [[marker:${marker}]]${faultTags.join("")}`,
      resolution: "720p",
      seconds: 4,
      account,
      ...(account === "xingchao" && { model: "seedance-2.0-pro" }),
      idempotencyKey: marker,
      webhook,
    };
    return { marker, account, input, answer: "open", contradictions: [], tries: 0, repeats: 0 };
  });
}

/** Ids of the accepted rows. */
export function idsOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
}

/** Sends all rows to the API, each one once; an abort leaves the rest open. */
export async function sendAtOnce(rows: readonly Row[], client: Client, signal: AbortSignal): Promise<void> {
  const inputs = rows.map(({ input }) => input);
  try {
    for await (const answer of client.enqueueMany(inputs, { signal })) {
      const row = rows[answer.line - 1];
      if (row === undefined) continue;
      row.tries += 1;
      if (answer.status === "refused") refuse(row, answer.error.message);
      if (answer.status === "accepted") accept(row, answer.id);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function accept(row: Row, id: string): void {
  row.answer = "ok";
  row.id = id;
}

function refuse(row: Row, message: string): void {
  row.answer = "refused";
  row.contradictions.push(`refused: ${message}`);
}

export type Feed = ReturnType<typeof startFeed>;

const lanes = 6;
const repeatShare = 0.1;

/**
 * Sends the rows to the API, each one repeatedly under one key until it is accepted or refused. A tenth of them is then
 * sent again, unchanged and with another body.
 */
export function startFeed(rows: Row[], apiUrl: string, random: SeededRandom) {
  const client = createClient({ url: apiUrl });
  let limit = 0;
  let next = 0;
  let over = false;
  const lane = async (): Promise<void> => {
    while (!over && next < rows.length) {
      const row = next < limit ? rows[next] : undefined;
      if (row === undefined) {
        await pause(20);
        continue;
      }
      next += 1;
      while (row.answer === "open" && !over) await send(row);
      if (random.happens(repeatShare)) await sendAgainUnderSameKey(row);
    }
  };

  const send = async (row: Row): Promise<void> => {
    row.tries += 1;
    try {
      const { generation } = await client.enqueue(row.input, { signal: AbortSignal.timeout(10_000) });
      accept(row, generation.id);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && !error.passing) {
        refuse(row, error.message);
      } else await pause(200);
    }
  };

  /** The same key and body must return the first generation; another body must be refused. */
  const sendAgainUnderSameKey = async (row: Row): Promise<void> => {
    row.repeats += 1;
    const signal = AbortSignal.timeout(10_000);
    try {
      const again = await client.enqueue(row.input, { signal });
      if (again.generation.id !== row.id) row.contradictions.push(`the same request returned ${again.generation.id}`);
      const other = await client.enqueue({ ...row.input, prompt: `${row.input.prompt} and wind` }, { signal });
      row.contradictions.push(`another body under the same key created ${other.generation.id}`);
    } catch (error) {
      const expected = error instanceof ApiError && (error.status === 422 || error.status === 0 || error.status >= 500);
      if (!expected && !signal.aborted) row.contradictions.push(`repetition failed: ${String(error)}`);
    }
  };

  return {
    /** Releases rows up to this total; the rest wait. */
    upTo: (count: number) => {
      limit = Math.max(limit, Math.ceil(count));
    },
    /** Resolves once every row has a certain answer, or after `giveUp`. */
    done: Promise.all(Array.from({ length: lanes }, lane)),
    giveUp: () => {
      over = true;
    },
  };
}
