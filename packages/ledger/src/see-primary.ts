import { type Cell, pipeline, run } from "./cell.ts";
import { type Primary, parseInfo, primaryOf } from "./primary.ts";

/** How long a primary remembers that it had replicas: longer than any failover waits for it to come back. */
const followedMs = 300_000;

/**
 * Looks which server has the cell now. Whether it had replicas it remembers itself: who starts just after it was restarted, and is about to be deposed,
 * would else take it for one that stands alone.
 */
export async function seePrimary(cell: Cell): Promise<Primary> {
  const { keys, primary } = cell;
  const looks = [
    ["info", "replication"],
    ["get", keys.followed],
  ];
  const [info, followed] = (await pipeline(cell, looks)) as [string, string | null];
  const facts = parseInfo(info);
  const seen = primaryOf(facts, { ...primary, followedAs: primary.followedAs || (followed ?? "") });
  const hasReplicas = facts.get("role") === "master" && Number(facts.get("connected_slaves")) > 0;
  // what cannot be written now is written at the next look
  if (hasReplicas) await run(cell, "followed", [seen.id, followedMs]).catch(() => {});
  return seen;
}
