import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { problemsOf, providerNamed, providersThatTake, type Quote } from "@reelqueue/providers";
import type { Account, Accounts } from "../accounts.ts";
import { fileProblems, type Looked, videoSeconds } from "./inspect-media.ts";
/** The account that will make a generation, at its price. */
export type Placement = Offer;

type Placed = { kind: "placed"; placement: Placement } | { kind: "refused"; problems: Problem[] };

/** The account that was asked for, or else the best one that can; where none can, the problems of the one that comes closest. */
export function place(request: GenerationRequest, accounts: Accounts, loads: Loads, looked: Looked): Placed {
  if (request.account !== undefined) {
    const account = accounts.get(request.account);
    if (!account) return { kind: "refused", problems: [unknownAccount(request.account, accounts)] };
    const offer = offerOf(request, account, looked);
    return offer.problems.length > 0
      ? { kind: "refused", problems: withTakers(offer.problems, request, looked) }
      : { kind: "placed", placement: offer };
  }
  const offers = offersFor(request, accounts, looked);
  const best = choose(offers, loads);
  if (best) {
    loads.add(best.account);
    return { kind: "placed", placement: best };
  }
  const [closest] = offers.toSorted((a, b) => a.problems.length - b.problems.length);
  if (!closest) return { kind: "refused", problems: [unknownAccount("none", accounts)] };
  return { kind: "refused", problems: withTakers(closest.problems, request, looked) };
}

/** Each problem says too which providers would take the request as it is. */
function withTakers(problems: readonly Problem[], request: GenerationRequest, looked: Looked): Problem[] {
  const takers = providersThatTake(request).filter((name) => {
    const provider = providerNamed(name);
    const files = provider ? fileProblems(request, { provider, probe: true, reading: { switches: {} } }, looked) : [];
    return files.every(({ severity }) => severity === "warning");
  });
  if (takers.length === 0) return [...problems];
  return problems.map((problem) => ({
    ...problem,
    allowed: `${problem.allowed}; taken as it is by ${takers.join(", ")}`,
  }));
}

function unknownAccount(given: string, accounts: Accounts): Problem {
  return {
    field: "account",
    given,
    allowed:
      accounts.size === 0
        ? "an account: set the key of one, for example HIAPI_API_KEY (docs/providers.md)"
        : [...accounts.keys()].join(", "),
    rule: "schema",
    label: "SCHEMA",
    source: "reelqueue.config.json",
    severity: "error",
  };
}

/**
 * The best of the offers that can: an account that may send before one that is paused, then the lower price (a known one before an unknown
 * one), then the one with less to do, then the order of the configuration. `undefined`: none can.
 */
export function choose(offers: readonly Offer[], loads: Loads): Offer | undefined {
  return offers
    .filter(({ problems }) => problems.length === 0)
    .toSorted(
      (a, b) =>
        paused(a, loads) - paused(b, loads) ||
        price(a) - price(b) ||
        loads.of(a.account).busy - loads.of(b.account).busy,
    )[0];
}

function paused({ account }: Offer, loads: Loads): number {
  return loads.of(account).paused ? 1 : 0;
}

/** Finite, so that two unknown prices are equal. */
function price({ quote }: Offer): number {
  return quote.usd ?? Number.MAX_VALUE;
}

/** How much each account has to do, as one look at the ledger showed it, and with what has been placed since. */
export interface Loads {
  of(account: Account): { paused: boolean; busy: number };
  /** One more has been placed there. */
  add(account: Account): void;
}

/** `busy` is in rounds: what runs and waits, by slots. */
export async function readLoads(cell: ledger.Cell, accounts: Accounts): Promise<Loads> {
  const statuses = await Promise.all([...accounts.keys()].map((name) => ledger.accountStatus(cell, name)));
  const loads = new Map(
    statuses.map(({ name, paused, inFlight, waiting }) => [
      name,
      { paused: paused !== undefined, count: inFlight + waiting },
    ]),
  );
  return {
    of: ({ name, limits }) => {
      const { paused, count } = loads.get(name) ?? { paused: false, count: 0 };
      return { paused, busy: count / limits.slots };
    },
    add: ({ name }) => {
      const load = loads.get(name);
      if (load) load.count += 1;
    },
  };
}

/** Where only one account can be meant, nothing needs to be looked up. */
export const noLoads: Loads = { of: () => ({ paused: false, busy: 0 }), add: () => {} };

/** What one account says to a request: its price, or exactly why it cannot. */
export interface Offer {
  account: Account;
  quote: Quote;
  /** Why it cannot; empty: it can. */
  problems: Problem[];
  warnings: Problem[];
}

/** The offers of every configured account, able or not: what would be lost where. */
export function offersFor(request: GenerationRequest, accounts: Accounts, looked: Looked): Offer[] {
  return [...accounts.values()].map((account) => offerOf(request, account, looked));
}

function offerOf(request: GenerationRequest, account: Account, looked: Looked): Offer {
  const ruled = problemsOf(account.provider.rules, request, account.reading);
  const files = fileProblems(request, account, looked);
  const found = files.length > 0 ? withoutRepeats([...ruled, ...files]) : ruled;
  const judged = account.strict ? found.map(strictly) : found;
  return {
    account,
    quote: account.provider.price.quote(request, account.reading, videoSeconds(request, account, looked)),
    problems: judged.filter(({ severity }) => severity === "error"),
    warnings: judged.filter(({ severity }) => severity === "warning"),
  };
}

/** A file that is declared as what it is breaks one rule, not two. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const keyOf = ({ rule, field, given }: Problem) => `${rule} ${field} ${given}`;
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()];
}

/** Strict reading: what is only inferred is refused too. Advice stays advice. */
function strictly(problem: Problem): Problem {
  return problem.label === "INFERRED" ? { ...problem, severity: "error" } : problem;
}
