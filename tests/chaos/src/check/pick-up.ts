import * as ledger from "@reelqueue/ledger";
import type { ProcessEnd, Role } from "../system/supervised-process.ts";
import type { Evidence } from "./evidence.ts";
import { tasksOf } from "./money.ts";

/** Delays in ms over the kills or restarts (`cases`) that affected work. */
export interface Waits {
  cases: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface PickUp {
  /**
   * By role: from the death of a process until the last generation that was then in its stage made progress. An upper
   * bound for the work of the dead process itself.
   */
  afterKill: Partial<Record<Role, Waits>>;
  /** From Redis accepting commands again until every stage with work made progress. */
  afterRedis: Waits;
}

type Stage = Exclude<Role, "api">;

/** The state of a generation while each role works on it. */
const states = { submitter: "submitting", poller: "running", finalizer: "finalizing" } as const satisfies Record<
  Stage,
  string
>;
const stages = Object.keys(states) as Stage[];

/**
 * One stay of a generation in a stage, with the times of its progress: the polls of its task and the move that ended
 * the stay.
 */
interface Stay {
  from: number;
  progress: number[];
}

/**
 * Computed from the timelines of the ledger and the request log of the simulator; `restarts`: times at which Redis was
 * back, ms since 1970.
 */
export function measurePickUp(
  evidence: Evidence,
  processEnds: readonly ProcessEnd[],
  restarts: readonly number[],
): PickUp {
  const stays = staysOf(evidence);
  const slowest = (stage: Stage, atMs: number) => waitsAt(stays[stage], atMs).reduce(larger, undefined);
  const first = (stage: Stage, atMs: number) => waitsAt(stays[stage], atMs).reduce(smaller, undefined);
  const since = evidence.requests.at(-1)?.at ?? 0;
  const killed = processEnds.filter(({ why }) => why === "killed" || why === "crashed");
  return {
    afterKill: Object.fromEntries(
      stages.map((stage) => {
        // The request log keeps only the newest requests; polls before its first entry are not known.
        const kills = killed.filter(({ role, atMs }) => role === stage && (stage !== "poller" || atMs >= since));
        return [stage, waits(kills.map(({ atMs }) => slowest(stage, atMs)))];
      }),
    ),
    afterRedis: waits(restarts.map((atMs) => stages.map((stage) => first(stage, atMs)).reduce(larger, undefined))),
  };
}

function staysOf({ records, requests }: Evidence): Record<Stage, Stay[]> {
  const polls = pollsByTask(requests);
  const stays: Record<Stage, Stay[]> = { submitter: [], poller: [], finalizer: [] };
  for (const { record } of records.values()) {
    const timeline = ledger.timelineOf(record).map(({ at, state }) => ({ at: Date.parse(at), state }));
    const seen = tasksOf(record).flatMap((task) => polls.get(task) ?? []);
    for (const [i, { at: from, state }] of timeline.entries()) {
      const to = timeline[i + 1]?.at ?? Number.POSITIVE_INFINITY;
      for (const stage of stages) {
        if (states[stage] !== state) continue;
        const progress = stage === "poller" ? seen.filter((at) => at >= from && at <= to) : [];
        stays[stage].push({ from, progress: [...progress, to] });
      }
    }
  }
  return stays;
}

/** Times of the polls by task id, which is the last part of the path or query. */
function pollsByTask(requests: Evidence["requests"]): Map<string, number[]> {
  const polls = new Map<string, number[]>();
  for (const { method, path, at } of requests) {
    const id = method === "GET" ? /([^/=]+)$/.exec(path)?.[1] : undefined;
    if (id !== undefined) polls.set(id, [...(polls.get(id) ?? []), at]);
  }
  return polls;
}

/** For each generation in the stage at `atMs`: the delay until its next progress. */
function waitsAt(stays: readonly Stay[], atMs: number): number[] {
  return stays
    .filter(({ from, progress }) => from <= atMs && progress.some((at) => at > atMs))
    .map(({ progress }) => Math.min(...progress.filter((at) => at > atMs)) - atMs)
    .filter(Number.isFinite);
}

const larger = (a: number | undefined, b: number | undefined) => (a === undefined || (b ?? 0) > a ? b : a);
const smaller = (a: number | undefined, b: number | undefined) =>
  a === undefined || (b ?? Number.POSITIVE_INFINITY) < a ? b : a;

function waits(found: readonly (number | undefined)[]): Waits {
  const sorted = found.filter((each) => each !== undefined).sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { cases: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
