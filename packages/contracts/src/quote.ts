import type { Price } from "./api.ts";
import type { ApiErrorBody, Problem } from "./errors.ts";

/** Price of one row at one account, or the problems that rule the account out. */
export interface QuotedOffer {
  account: string;
  provider: string;
  quote: Price;
  /** Why the account cannot generate the row; empty: it can. */
  problems: Problem[];
  warnings: Problem[];
}

/**
 * One row of a quote, at every account in question. `chosen`: the account that would be used now; absent if none can.
 */
export type QuoteRow =
  | { line: number; status: "quoted"; offers: QuotedOffer[]; chosen?: string }
  | { line: number; status: "refused"; error: ApiErrorBody["error"] };

export interface QuoteTotal {
  /** Rows that can be generated. */
  rows: number;
  /** Rows that cannot. */
  refused: number;
  /** Sum of the known prices; `null` if no price is known. */
  usd: number | null;
  /** Rows whose price is not known; not part of `usd`. */
  unknown: number;
}

export interface AccountTotal extends QuoteTotal {
  account: string;
  provider: string;
}

export interface QuoteTotals {
  /** Per account: the total of all rows at that account. */
  accounts: AccountTotal[];
  /** Total of each row at its chosen account. */
  chosen: QuoteTotal;
}

/** Answer to `POST /v1/quotes` with a JSON array; JSON Lines get one row per line and the totals in the last line. */
export interface QuoteAnswer extends QuoteTotals {
  rows: QuoteRow[];
}

/** Incremental sum of the rows of a quote. */
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
