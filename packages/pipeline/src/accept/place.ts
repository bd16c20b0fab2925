import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import type { Quote } from "@reelqueue/providers";
import type { Account, Accounts } from "../account.ts";

/** The account that will make a generation, and at what price. */
export interface Placement {
  account: Account;
  quote: Quote;
  warnings: Problem[];
}

type Placed = { kind: "placed"; placement: Placement } | { kind: "refused"; problems: Problem[] };

/** The account that was asked for, or else the first configured one whose provider can do it; the problems of the best one if none can. */
export function place(request: GenerationRequest, accounts: Accounts): Placed {
  if (request.account !== undefined) {
    const account = accounts.get(request.account);
    return account
      ? tryAccount(request, account)
      : { kind: "refused", problems: [unknownAccount(request.account, accounts)] };
  }
  let best: Placed = { kind: "refused", problems: [unknownAccount("none", accounts)] };
  for (const account of accounts.values()) {
    const placed = tryAccount(request, account);
    if (placed.kind === "placed") return placed;
    if (
      best.kind === "refused" &&
      (best.problems[0]?.field === "account" || placed.problems.length < best.problems.length)
    )
      best = placed;
  }
  return best;
}

function tryAccount(request: GenerationRequest, account: Account): Placed {
  const found = account.provider.check(request, account.reading);
  const problems = account.strict ? found.map(strictly) : found;
  if (problems.some(({ severity }) => severity === "error")) return { kind: "refused", problems };
  return {
    kind: "placed",
    placement: { account, quote: account.provider.price(request, account.reading), warnings: problems },
  };
}

/** Strict reading: what is only inferred is refused too. Advice stays advice. */
function strictly(problem: Problem): Problem {
  return problem.label === "INFERRED" ? { ...problem, severity: "error" } : problem;
}

function unknownAccount(given: string, accounts: Accounts): Problem {
  return {
    field: "account",
    given,
    allowed:
      accounts.size === 0
        ? "no account is configured: set HIAPI_API_KEY or JIEKOU_API_KEY"
        : [...accounts.keys()].join(", "),
    rule: "schema",
    label: "SCHEMA",
    source: "reelqueue.config.json",
    severity: "error",
  };
}
