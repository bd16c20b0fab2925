import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import type { Quote } from "@reelqueue/providers";
import { fileProblems, type Looked, videoSeconds } from "../accept/look.ts";
import type { Account, Accounts } from "../account.ts";

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

export function offerOf(request: GenerationRequest, account: Account, looked: Looked): Offer {
  const ruled = account.provider.check(request, account.reading);
  const files = fileProblems(request, account, looked);
  const found = files.length > 0 ? withoutRepeats([...ruled, ...files]) : ruled;
  const judged = account.strict ? found.map(strictly) : found;
  return {
    account,
    quote: account.provider.price(request, account.reading, videoSeconds(request, account, looked)),
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
