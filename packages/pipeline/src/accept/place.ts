import type { GenerationRequest, Problem } from "@reelqueue/contracts";
import { providerNamed, providersThatTake } from "@reelqueue/providers";
import type { Accounts } from "../account.ts";
import { choose } from "../route/choose.ts";
import type { Loads } from "../route/loads.ts";
import { type Offer, offerOf, offersFor } from "../route/offers.ts";
import { fileProblems, type Looked } from "./look.ts";

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
