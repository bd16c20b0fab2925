import { ApiError, createClient } from "@reelqueue/client";
import type { GenerationInput } from "@reelqueue/contracts";
import type { Chance } from "./random.ts";
import type { AccountName } from "./world/world.ts";

/** One request of a producer, and what it was told: `ok` is a promise that binds us, `open` means that nobody knows. */
export interface Row {
  marker: string;
  account: string;
  input: GenerationInput;
  told: "ok" | "refused" | "open";
  /** The id that the front door answered. */
  id?: string;
  /** Answers that named another id, or took another body under the same key. */
  wrongs: string[];
  tries: number;
  /** Times it was asked for again after the first yes. */
  repeats: number;
}

/** Share of submissions that each fault befalls. */
export type FaultMix = Readonly<Record<string, number>>;

export interface RowWish {
  count: number;
  faults: FaultMix;
  accounts: readonly AccountName[];
  webhook: string;
  /** Begins every marker of the run. */
  run: string;
}

/** The rows of a run, with the provider's faults dealt by the seed. */
export function makeRows({ count, faults, accounts, webhook, run }: RowWish, luck: Chance): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const marker = `${run}-${i}`;
    const account = accounts[i % accounts.length] ?? "hiapi";
    const wishes = Object.entries(faults)
      .filter(([, share]) => luck.happens(share))
      .map(([name]) => `[[fault:${name}]]`);
    const input: GenerationInput = {
      prompt: `a paper boat in the rain [[marker:${marker}]]${wishes.join("")}`,
      resolution: "720p",
      seconds: 4,
      account,
      ...(account === "xingchao" && { model: "seedance-2.0-pro" }),
      idempotencyKey: marker,
      webhook,
    };
    return { marker, account, input, told: "open", wrongs: [], tries: 0, repeats: 0 };
  });
}

export interface Feed {
  /** Lets in so many rows in all; the rest wait. */
  upTo(count: number): void;
  /** Resolves once every row has been answered; `giveUp` ends the waiting. */
  done: Promise<void>;
  giveUp(): void;
}

const lanes = 6;
const repeatShare = 0.1;

/** Sends the rows to the front door, each again and again under one key until it is told yes or no, some of them once more afterwards. */
export function startFeed(rows: Row[], apiUrl: string, luck: Chance): Feed {
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
      while (row.told === "open" && !over) await ask(row);
      if (luck.happens(repeatShare)) await askAgain(row);
    }
  };

  const ask = async (row: Row): Promise<void> => {
    row.tries += 1;
    try {
      const { generation } = await client.enqueue(row.input, { signal: AbortSignal.timeout(10_000) });
      row.told = "ok";
      row.id = generation.id;
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && !error.passing) {
        row.told = "refused";
        row.wrongs.push(`refused: ${error.message}`);
      } else await pause(200);
    }
  };

  /** The same key and body must find the first; another body must be told apart. */
  const askAgain = async (row: Row): Promise<void> => {
    row.repeats += 1;
    const signal = AbortSignal.timeout(10_000);
    try {
      const again = await client.enqueue(row.input, { signal });
      if (again.generation.id !== row.id) row.wrongs.push(`asked again, it was ${again.generation.id}`);
      const other = await client.enqueue({ ...row.input, prompt: `${row.input.prompt} and wind` }, { signal });
      row.wrongs.push(`another body under its key made ${other.generation.id}`);
    } catch (error) {
      const expected = error instanceof ApiError && (error.status === 422 || error.status === 0 || error.status >= 500);
      if (!expected && !signal.aborted) row.wrongs.push(`asked again: ${String(error)}`);
    }
  };

  const done = Promise.all(Array.from({ length: lanes }, lane)).then(() => undefined);
  return {
    upTo: (count) => {
      limit = Math.max(limit, Math.ceil(count));
    },
    done,
    giveUp: () => {
      over = true;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
