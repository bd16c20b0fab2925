import type { GenerationRequest, Problem, QuotedOffer } from "@reelqueue/contracts";
import type { Accounts } from "../accounts.ts";
import type { Context } from "../context.ts";
import { type Looked, lookAtMedia } from "./inspect-media.ts";
import { type Read, type ReadOptions, readRequest, requestsOf } from "./read-request.ts";
import { choose, type Loads, noLoads, type Offer, offersFor, readLoads } from "./select-account.ts";

export interface QuoteOptions extends Omit<ReadOptions, "dryRun"> {
  /** All rows on this account, whatever account they name; left out: on all of them side by side. */
  account?: string;
}

export type QuotedRow =
  /** `chosen`: the account that would make it; absent where none of those asked about can. */
  { kind: "quoted"; offers: QuotedOffer[]; chosen?: string } | { kind: "refused"; problems: Problem[] };

/** Prices requests on the accounts side by side, with exactly why one cannot make a request; nothing is enqueued. */
export async function quote(
  inputs: readonly unknown[],
  options: QuoteOptions,
  ctx: Pick<Context, "cell" | "accounts" | "media" | "prober">,
): Promise<QuotedRow[]> {
  const accounts = asked(ctx.accounts, options.account);
  const loads = accounts.size > 1 ? await readLoads(ctx.cell, accounts) : noLoads;
  const reads: Read[] = [];
  for (const input of inputs) reads.push(await readRequest(input, { ...options, dryRun: true }, ctx.media));
  const looked = await lookAtMedia(requestsOf(reads).map(onAny), accounts, ctx);
  return reads.map((read) =>
    read.kind === "refused" ? read : quoteOne(read.request, accounts, loads, looked, options),
  );
}

function asked(accounts: Accounts, name: string | undefined): Accounts {
  return name === undefined ? accounts : new Map([...accounts].filter(([own]) => own === name));
}

/** Every account is asked about it, whichever it names. */
function onAny({ account: _, ...request }: GenerationRequest): GenerationRequest {
  return request;
}

function quoteOne(
  request: GenerationRequest,
  accounts: Accounts,
  loads: Loads,
  looked: Looked,
  { account: only }: QuoteOptions,
): QuotedRow {
  const offers = offersFor(request, accounts, looked);
  const eligible = offers.filter(({ account }) => (only ?? request.account ?? account.name) === account.name);
  const chosen = choose(eligible, loads);
  if (chosen) loads.add(chosen.account);
  return { kind: "quoted", offers: offers.map(shown), ...(chosen && { chosen: chosen.account.name }) };
}

function shown({ account, quote, problems, warnings }: Offer): QuotedOffer {
  return { account: account.name, provider: account.provider.capabilities.name, quote, problems, warnings };
}
