import type { Deps } from "../deps.ts";
import type { Lost } from "./index.ts";

/** Nothing can tell: a person has to. All that was seen stays in the record. */
export async function giveToReview(lost: Lost, why: string, deps: Deps): Promise<void> {
  const { account, id } = lost.intent;
  const longestRunMs = account.provider.capabilities.longestRunMs.value / account.timeScale;
  await deps.transitions.escalate(lost, why, longestRunMs);
  deps.meters.alarms.inc({ kind: "needs-review" });
  deps.log.error(
    { generation: id, account: account.name, why },
    "a submit could not be resolved: settle it with ./reelqueue review",
  );
}
