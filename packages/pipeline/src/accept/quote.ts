import type { GenerationRequest, Problem, QuotedOffer } from "@reelqueue/contracts";
import type { Accounts } from "../accounts.ts";
import type { Context } from "../context.ts";
import { inspectMedia } from "./inspect-media.ts";
import { type Read, type ReadOptions, readRequest, requestsOf } from "./read-request.ts";
import { choose, noLoads, type Offer, offersFor, readLoads, type SelectionBasis } from "./select-account.ts";

export interface QuoteOptions extends Omit<ReadOptions, "dryRun"> {
  /** Quotes all rows at this account, whatever account they name; left out: at every account. */
  account?: string;
}

export type QuotedRow =
  /** `chosen`: the account that `accept` would select; absent where none accepts the row. */
  { kind: "quoted"; offers: QuotedOffer[]; chosen?: string } | { kind: "refused"; problems: Problem[] };

/** Prices requests at every account, with the problems that prevent them. Stores nothing. */
export async function quote(
  inputs: readonly unknown[],
  options: QuoteOptions,
  ctx: Pick<Context, "cell" | "accounts" | "http" | "media" | "prober">,
): Promise<QuotedRow[]> {
  const accounts = accountsNamed(ctx.accounts, options.account);
  const loads = accounts.size > 1 ? await readLoads(ctx.cell, accounts) : noLoads;
  const reads: Read[] = [];
  for (const input of inputs) reads.push(await readRequest(input, { ...options, dryRun: true }, ctx));
  const inspected = await inspectMedia(requestsOf(reads).map(withoutAccount), accounts, ctx);
  const basis = { accounts, loads, inspected };
  return reads.map((read) => (read.kind === "refused" ? read : quoteOne(read.request, basis, options.account)));
}

function accountsNamed(accounts: Accounts, name: string | undefined): Accounts {
  return name === undefined ? accounts : new Map([...accounts].filter(([own]) => own === name));
}

/** The request without its choice of an account: every account is quoted. */
function withoutAccount({ account: _, ...request }: GenerationRequest): GenerationRequest {
  return request;
}

function quoteOne(
  request: GenerationRequest,
  { accounts, loads, inspected }: SelectionBasis,
  only: string | undefined,
): QuotedRow {
  const offers = offersFor(request, accounts, inspected);
  const eligible = offers.filter(({ account }) => (only ?? request.account ?? account.name) === account.name);
  const chosen = choose(eligible, loads);
  if (chosen) loads.add(chosen.account);
  return { kind: "quoted", offers: offers.map(shown), ...(chosen && { chosen: chosen.account.name }) };
}

function shown({ account, quote, problems, warnings }: Offer): QuotedOffer {
  return { account: account.name, provider: account.provider.capabilities.name, quote, problems, warnings };
}
