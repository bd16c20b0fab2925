import type { Cell } from "@reelqueue/ledger";

/** Names of the cell's keys that match. */
export async function keysOf({ redis, prefix }: Cell, pattern: string): Promise<string[]> {
  // on a Cluster the first command takes both to the node that has the cell
  const answers = await redis
    .pipeline([
      ["exists", prefix],
      ["keys", `${prefix}:${pattern}`],
    ])
    .exec();
  const [error, keys] = answers?.[1] ?? [];
  if (error) throw error;
  return keys as string[];
}
