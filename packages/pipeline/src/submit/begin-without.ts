import type { HandOver } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { type Begun, begin, intentOf } from "./begin.ts";

/** Begins without one of the rules that `begin` keeps. For rehearsals only: they show what the rule is there for. */
export async function beginWithout(handOver: HandOver, token: string, deps: Deps): Promise<Begun> {
  if (deps.without !== "intent" && deps.without !== "durable") return begin(handOver, token, deps);
  const found = await ledger.read(deps.cell, handOver.generation);
  const { record, request } = found ?? {};
  if (record?.state !== "queued" || record.lane !== "granted" || record.n !== String(handOver.n) || !request) {
    return { kind: "over", note: "nothing to do" };
  }
  // Written, but its answer is not waited for: whether Redis ever got it nobody knows when the POST leaves.
  if (deps.without === "durable") void begin(handOver, token, deps).catch(() => {});
  const { account, attempt, class: className, submits = "" } = record;
  const wanted = [account, attempt, className, submits, ""];
  return intentOf(handOver.generation, token, wanted, request, deps);
}
