import { hash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { simulatorAt } from "@reelqueue/testing";
import type { Row } from "../feed.ts";
import type { ChangedEnd } from "../observer.ts";
import { type ChaosSystem, keysOf } from "../system/system.ts";

export type Finding = ReturnType<typeof finding>;

/** The result of one check; the fields are those of `report.json`. */
export function finding(promise: string, what: string, checked: number, broken: readonly string[]) {
  return {
    /** Number of the invariant. */
    promise,
    /** What is checked. */
    what,
    checked,
    /** A sentence for each violation. */
    broken,
    /** Cases that the evidence does not decide. */
    unknown: 0,
  };
}

export type Evidence = Awaited<ReturnType<typeof gather>>;

/** The parts of a system that evidence is read from. */
export type Sources = Pick<ChaosSystem, "installation" | "receiver" | "home"> & { simulator: { url: string } };

/** The evidence of a run, from every independent source. */
export async function gather(
  system: Sources,
  rows: readonly Row[],
  seen: { changedEnds: readonly ChangedEnd[]; stuck: readonly string[]; takeovers: number },
) {
  const { cell } = system.installation;
  const simulator = simulatorAt(system.simulator.url);
  const ids = (await keysOf(cell, "g:*")).map((key) => key.slice(`${cell.prefix}:g:`.length));
  const found = (await ledger.readMany(cell, ids)).filter((each) => each !== undefined);
  const events = (await Promise.all(ids.map((id) => ledger.deliveriesOf(cell, id)))).flat();
  return {
    /** Requests of the producer and their answers. */
    rows,
    /** All records of the ledger by id. */
    records: new Map(found.map((each) => [each.id, each] as const)),
    /** All tasks at the simulator. */
    tasks: await simulator.tasks(),
    /** Newest first. */
    requests: await simulator.requests(),
    orphans: await ledger.orphans(cell, 1_000_000),
    deliveries: (await ledger.readDeliveries(cell, events)).filter((each) => each !== undefined),
    /** Requests that the webhook receiver got. */
    received: system.receiver.received,
    /** SHA-256 of the output files, by key. */
    files: filesIn(join(system.home, "outputs")),
    /** Findings of the ledger's own audit. */
    contradictions: await ledger.audit(cell),
    /** Final states that were read and later changed, ids that did not rest in time, and takeovers of Redis. */
    ...seen,
  };
}

function filesIn(folder: string): Map<string, string> {
  const sha256 = (key: string) => hash("sha256", readFileSync(join(folder, key)));
  return new Map(globSync("**/*.*", { cwd: folder }).map((key) => [key, sha256(key)]));
}

/** The states of a generation, oldest first. */
export function historyOf(record: ledger.GenerationRecord): State[] {
  return ledger.timelineOf(record).map(({ state }) => state);
}
