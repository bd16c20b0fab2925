import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ledger from "@reelqueue/ledger";
import type { Received } from "@reelqueue/testing";
import type { Row } from "../feed.ts";
import type { ChangedEnd } from "../observer.ts";
import { keysOf } from "../world/keys.ts";
import type { World } from "../world/world.ts";

/** One task as the simulator knows it. */
export interface PaidTask {
  id: string;
  marker: string | undefined;
  state: string;
  refunded: boolean;
}

/** Everything that is left of a run, from every witness. */
export interface Evidence {
  /** What producers asked for and were told. */
  rows: readonly Row[];
  /** Records by id, whether asked for or not. */
  records: ReadonlyMap<string, ledger.Found>;
  /** The provider's own account of its tasks. */
  tasks: readonly PaidTask[];
  /** Requests that reached the provider; times in ms since 1970. */
  requests: readonly { at: number; method: string; path: string }[];
  orphans: readonly Record<string, string>[];
  deliveries: readonly ledger.Delivery[];
  /** What the customer's server got. */
  received: readonly Received[];
  /** Files under the outputs' folder by key: their SHA-256. */
  files: ReadonlyMap<string, string>;
  /** What the ledger says against itself. */
  contradictions: readonly string[];
  /** Ends that were seen to change. */
  changedEnds: readonly ChangedEnd[];
  /** How often another server of Redis took over. */
  takeovers: number;
  /** Ids that did not come to rest in time. */
  stuck: readonly string[];
}

export async function gather(
  world: World,
  rows: readonly Row[],
  seen: Pick<Evidence, "changedEnds" | "stuck">,
): Promise<Evidence> {
  const { cell } = world.here;
  const ids = await everyId(cell);
  const found = await ledger.readMany(cell, ids);
  const records = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.id, each] as const])));
  const events = (await Promise.all(ids.map((id) => ledger.deliveriesOf(cell, id)))).flat();
  const deliveries = (await ledger.readDeliveries(cell, events)).filter((each) => each !== undefined);
  return {
    rows,
    records,
    takeovers: world.redis.takeovers(),
    tasks: (await told<{ tasks: PaidTask[] }>(world, "tasks")).tasks,
    requests: (await told<{ requests: Evidence["requests"] }>(world, "log")).requests,
    orphans: await ledger.orphans(cell, 1_000_000),
    deliveries,
    received: world.receiver.received,
    files: filesIn(join(world.home, "outputs")),
    contradictions: await ledger.audit(cell),
    ...seen,
  };
}

async function everyId(cell: ledger.Cell): Promise<string[]> {
  const keys = await keysOf(cell, "g:*");
  return keys.map((key) => key.slice(cell.prefix.length + 3));
}

export async function told<T>({ simulator }: World, what: "tasks" | "log"): Promise<T> {
  return (await (await fetch(`${simulator.url}/simulator/${what}?limit=100000`)).json()) as T;
}

function filesIn(folder: string): Map<string, string> {
  const keys = globSync("**/*.*", { cwd: folder });
  return new Map(
    keys.map((key) => [
      key,
      createHash("sha256")
        .update(readFileSync(join(folder, key)))
        .digest("hex"),
    ]),
  );
}
