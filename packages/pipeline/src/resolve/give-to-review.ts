import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { fence } from "../rule.ts";
import type { Lost } from "./index.ts";

/** Nothing can tell: a person has to. All that was seen stays in the record. */
export async function giveToReview({ intent, since }: Lost, why: string, deps: Deps): Promise<void> {
  const { account, id } = intent;
  await ledger.move(deps.cell, {
    id,
    from: ["unknown"],
    to: "needs_review",
    token: intent.token,
    ...fence(deps, { token: since }),
    due: { lane: "review", inMs: account.provider.capabilities.longestRunMs.value / account.timeScale },
    note: why,
  });
  deps.meters.alarms.inc({ kind: "needs-review" });
  deps.log.error(
    { generation: id, account: account.name, why },
    "a submit could not be resolved: settle it with ./reelqueue review",
  );
}
