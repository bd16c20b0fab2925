import type { Price } from "./api.ts";
import type { ApiErrorBody } from "./errors.ts";
import type { Problem } from "./problem.ts";

/** What one account would ask for one row, or exactly why it cannot make it. */
export interface QuotedOffer {
  account: string;
  provider: string;
  quote: Price;
  /** Why it cannot; empty: it can. */
  problems: Problem[];
  warnings: Problem[];
}

/** One row of a quote, on every account that was asked about. `chosen`: the one that would make it now; absent where none can. */
export type QuoteRow =
  | { line: number; status: "quoted"; offers: QuotedOffer[]; chosen?: string }
  | { line: number; status: "refused"; error: ApiErrorBody["error"] };

export interface QuoteTotal {
  /** Rows that can be made. */
  rows: number;
  /** Rows that cannot. */
  refused: number;
  /** Sum of the known prices; `null` where none is known, which is not the same as free. */
  usd: number | null;
  /** Rows that can be made at a price that nobody knows; no part of `usd`. */
  unknown: number;
}

export interface AccountTotal extends QuoteTotal {
  account: string;
  provider: string;
}

export interface QuoteTotals {
  /** All rows on one account, for each of them. */
  accounts: AccountTotal[];
  /** Each row on the account that was chosen for it. */
  chosen: QuoteTotal;
}

/** Answer to `POST /v1/quotes` as a JSON array; to JSON Lines it is one row in each line, and the totals in the last one. */
export interface QuoteAnswer extends QuoteTotals {
  rows: QuoteRow[];
}

/** Sums rows up as they come. */
export class QuoteSum {
  readonly #accounts = new Map<string, { provider: string; tally: Tally }>();
  readonly #chosen = newTally();
  #rows = 0;

  add(row: QuoteRow): void {
    this.#rows += 1;
    if (row.status === "refused") return;
    for (const offer of row.offers) {
      const { tally } = this.#accounts.get(offer.account) ?? this.#open(offer);
      if (offer.problems.length === 0) count(tally, offer.quote);
    }
    const chosen = row.offers.find(({ account }) => account === row.chosen);
    if (chosen) count(this.#chosen, chosen.quote);
  }

  totals(): QuoteTotals {
    const accounts = [...this.#accounts].map(([account, { provider, tally }]) => {
      return { account, provider, ...totalOf(tally, this.#rows) };
    });
    return { accounts, chosen: totalOf(this.#chosen, this.#rows) };
  }

  #open({ account, provider }: QuotedOffer) {
    const opened = { provider, tally: newTally() };
    this.#accounts.set(account, opened);
    return opened;
  }
}

interface Tally {
  rows: number;
  microUsd: number;
  unknown: number;
}

const newTally = (): Tally => ({ rows: 0, microUsd: 0, unknown: 0 });

function count(tally: Tally, { usd }: Price): void {
  tally.rows += 1;
  if (usd === null) tally.unknown += 1;
  else tally.microUsd += Math.round(usd * 1e6);
}

function totalOf({ rows, microUsd, unknown }: Tally, all: number): QuoteTotal {
  return { rows, refused: all - rows, usd: rows > unknown ? microUsd / 1e6 : null, unknown };
}
