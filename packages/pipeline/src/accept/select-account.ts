import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { problemsOf, providerNamed, providersAccepting, type Quote } from "@reelqueue/providers";
import type { Account, Accounts } from "../accounts.ts";
import { fileProblems, type InspectedMedia, videoSeconds } from "./inspect-media.ts";

/** The account that is selected for a generation, at its price. */
export type Placement = Offer;

/** What a selection is based on. */
export interface SelectionBasis {
  accounts: Accounts;
  loads: Loads;
  inspected: InspectedMedia;
}

type Placed = { kind: "placed"; placement: Placement } | { kind: "refused"; problems: Problem[] };

/**
 * The account that the request names, else the best one that accepts it; if none does, the problems of the one with the
 * fewest.
 */
export function place(request: GenerationRequest, { accounts, loads, inspected }: SelectionBasis): Placed {
  if (request.account !== undefined) {
    const account = accounts.get(request.account);
    if (!account) return { kind: "refused", problems: [unknownAccount(request.account, accounts)] };
    const offer = offerOf(request, account, inspected);
    return offer.problems.length > 0
      ? { kind: "refused", problems: withTakers(offer.problems, request, inspected) }
      : { kind: "placed", placement: offer };
  }
  const offers = offersFor(request, accounts, inspected);
  const best = choose(offers, loads);
  if (best) {
    loads.add(best.account);
    return { kind: "placed", placement: best };
  }
  const [closest] = offers.toSorted((a, b) => a.problems.length - b.problems.length);
  if (!closest) return { kind: "refused", problems: [unknownAccount("none", accounts)] };
  return { kind: "refused", problems: withTakers(closest.problems, request, inspected) };
}

/** Adds the providers that take the request unchanged to every problem. */
function withTakers(problems: readonly Problem[], request: GenerationRequest, inspected: InspectedMedia): Problem[] {
  const takers = providersAccepting(request).filter((name) => {
    const provider = providerNamed(name);
    const files = provider
      ? fileProblems(request, { provider, probe: true, reading: { switches: {} } }, inspected)
      : [];
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
 * The best offer without problems: an account that is not paused first, then the lower price (known before unknown),
 * then the lower load, then the order of the configuration. `undefined`: none is without problems.
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

/** The load of each account: read from the ledger once, plus what was placed since. */
export interface Loads {
  of(account: Account): { paused: boolean; busy: number };
  /** Counts one more generation. */
  add(account: Account): void;
}

/** `busy`: generations in flight and waiting, per slot. */
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

/** For calls that need no selection between accounts. */
export const noLoads: Loads = { of: () => ({ paused: false, busy: 0 }), add: () => {} };

/** A request at one account: its price, and the problems that prevent it. */
export interface Offer {
  account: Account;
  quote: Quote;
  /** Empty: the account accepts the request. */
  problems: Problem[];
  warnings: Problem[];
}

/** The offers of all accounts, with and without problems. */
export function offersFor(request: GenerationRequest, accounts: Accounts, inspected: InspectedMedia): Offer[] {
  return [...accounts.values()].map((account) => offerOf(request, account, inspected));
}

function offerOf(request: GenerationRequest, account: Account, inspected: InspectedMedia): Offer {
  const ruled = problemsOf(account.provider.rules, request, account.reading);
  const files = fileProblems(request, account, inspected);
  const all = files.length > 0 ? withoutRepeats([...ruled, ...files]) : ruled;
  const found = account.strict ? all.map(strictly) : all;
  return {
    account,
    quote: account.provider.price.quote(request, account.reading, videoSeconds(request, account, inspected)),
    problems: found.filter(({ severity }) => severity === "error"),
    warnings: found.filter(({ severity }) => severity === "warning"),
  };
}

/** A declared field and the file itself may break the same rule: it counts once. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const keyOf = ({ rule, field, given }: Problem) => `${rule} ${field} ${given}`;
  return [...new Map(problems.map((problem) => [keyOf(problem), problem])).values()];
}

/** In a strict account an inferred rule is an error; other warnings stay warnings. */
function strictly(problem: Problem): Problem {
  return problem.label === "INFERRED" ? { ...problem, severity: "error" } : problem;
}
