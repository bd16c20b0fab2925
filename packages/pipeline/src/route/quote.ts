import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import type { Quote } from "@reelqueue/providers";
import { type ReadOptions, readRequest } from "../accept/read-request.ts";
import type { Deps } from "../deps.ts";
import { choose } from "./choose.ts";
import { readLoads } from "./loads.ts";
import { type Offer, offersFor } from "./offers.ts";

/** What one account would ask for one request, or why it cannot make it. */
export interface QuotedOffer {
  account: string;
  provider: string;
  quote: Quote;
  problems: Problem[];
  warnings: Problem[];
}

export type QuotedRow =
  /** `chosen`: the account that would make it; absent where none can. */
  { kind: "quoted"; offers: QuotedOffer[]; chosen?: string } | { kind: "refused"; problems: Problem[] };

/** Prices requests on every configured account side by side; nothing is written. */
export async function quote(
  inputs: readonly unknown[],
  options: ReadOptions,
  deps: Pick<Deps, "cell" | "accounts" | "media">,
): Promise<QuotedRow[]> {
  const loads = await readLoads(deps.cell, deps.accounts);
  const rows: QuotedRow[] = [];
  for (const input of inputs) {
    const read = await readRequest(input, options, deps.media);
    if (read.kind === "refused") {
      rows.push(read);
      continue;
    }
    const offers = offersFor(read.request, deps.accounts);
    const chosen = chooseFor(read.request, offers, loads);
    if (chosen) loads.add(chosen.account);
    rows.push({ kind: "quoted", offers: offers.map(shown), ...(chosen && { chosen: chosen.account.name }) });
  }
  return rows;
}

function chooseFor(
  request: GenerationRequest,
  offers: readonly Offer[],
  loads: Parameters<typeof choose>[1],
): Offer | undefined {
  return choose(
    request.account === undefined ? offers : offers.filter(({ account }) => account.name === request.account),
    loads,
  );
}

function shown({ account, quote, problems, warnings }: Offer): QuotedOffer {
  return { account: account.name, provider: account.provider.capabilities.name, quote, problems, warnings };
}
