import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ledger from "@reelqueue/ledger";
import type { Received } from "@reelqueue/testing";
import type { Row } from "../feed.ts";
import type { ChangedEnd } from "../observer.ts";
import { keysOf } from "../system/servers.ts";
import type { ChaosSystem } from "../system/system.ts";

/** The result of one check; the fields are those of `report.json`. */
export interface Finding {
  /** Number of the invariant. */
  promise: string;
  /** What is checked. */
  what: string;
  checked: number;
  /** A sentence for each violation. */
  broken: string[];
  /** Cases that the evidence does not decide. */
  unknown: number;
}

/** One task as the simulator knows it. */
export interface PaidTask {
  id: string;
  marker: string | undefined;
  state: string;
  refunded: boolean;
}

/** The evidence of a run, from every independent source. */
export interface Evidence {
  /** Requests of the producer and their answers. */
  rows: readonly Row[];
  /** All records of the ledger by id. */
  records: ReadonlyMap<string, ledger.Found>;
  /** All tasks at the simulator. */
  tasks: readonly PaidTask[];
  /** Requests that reached the simulator; times in ms since 1970. */
  requests: readonly { at: number; method: string; path: string }[];
  orphans: readonly Record<string, string>[];
  deliveries: readonly ledger.Delivery[];
  /** Requests that the webhook receiver got. */
  received: readonly Received[];
  /** SHA-256 of the output files, by key. */
  files: ReadonlyMap<string, string>;
  /** Findings of the ledger's own audit. */
  contradictions: readonly string[];
  /** Final states that were read and later changed. */
  changedEnds: readonly ChangedEnd[];
  /** How often another Redis server took over. */
  takeovers: number;
  /** Ids that did not rest in time. */
  stuck: readonly string[];
}

/** The parts of a system that evidence is read from. */
export type Sources = Pick<ChaosSystem, "installation" | "receiver" | "home"> & { simulator: { url: string } };

export async function gather(
  system: Sources,
  rows: readonly Row[],
  seen: Pick<Evidence, "changedEnds" | "stuck" | "takeovers">,
): Promise<Evidence> {
  const { cell } = system.installation;
  const ids = await everyId(cell);
  const found = await ledger.readMany(cell, ids);
  const records = new Map(found.flatMap((each) => (each === undefined ? [] : [[each.id, each] as const])));
  const events = (await Promise.all(ids.map((id) => ledger.deliveriesOf(cell, id)))).flat();
  const deliveries = (await ledger.readDeliveries(cell, events)).filter((each) => each !== undefined);
  return {
    rows,
    records,
    tasks: (await readSimulator<{ tasks: PaidTask[] }>(system, "tasks")).tasks,
    requests: (await readSimulator<{ requests: Evidence["requests"] }>(system, "log")).requests,
    orphans: await ledger.orphans(cell, 1_000_000),
    deliveries,
    received: system.receiver.received,
    files: filesIn(join(system.home, "outputs")),
    contradictions: await ledger.audit(cell),
    ...seen,
  };
}

async function everyId(cell: ledger.Cell): Promise<string[]> {
  const keys = await keysOf(cell, "g:*");
  return keys.map((key) => key.slice(cell.prefix.length + 3));
}

export async function readSimulator<T>({ simulator }: Sources, what: "tasks" | "log"): Promise<T> {
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
