import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { ProcessEnd, Role } from "../system/supervised-process.ts";
import type { Evidence } from "./evidence.ts";
import { tasksOf } from "./money.ts";

const stages = ["submitter", "poller", "finalizer"] as const satisfies Role[];
type Stage = (typeof stages)[number];
/** The role that works on a generation in each state. */
const stageOf: Partial<Record<State, Stage>> = { submitting: "submitter", running: "poller", finalizing: "finalizer" };

/**
 * Computed from the timelines of the ledger and the request log of the simulator; `restarts`: times at which Redis was
 * back, ms since 1970.
 */
export function measurePickUp(evidence: Evidence, processEnds: readonly ProcessEnd[], restarts: readonly number[]) {
  const stays = staysOf(evidence);
  const delays = (stage: Stage, atMs: number) => delaysAt(stays.get(stage) ?? [], atMs);
  const since = evidence.requests.at(-1)?.at ?? 0;
  const killed = processEnds.filter(({ why }) => why === "killed" || why === "crashed");
  return {
    /**
     * By role: from the death of a process until the last generation that was then in its stage made progress. An upper
     * bound for the work of the dead process itself.
     */
    afterKill: Object.fromEntries(
      stages.map((stage) => {
        // The request log keeps only the newest requests; polls before its first entry are not known.
        const kills = killed.filter(({ role, atMs }) => role === stage && (stage !== "poller" || atMs >= since));
        return [stage, figuresOf(kills.map(({ atMs }) => Math.max(...delays(stage, atMs))))];
      }),
    ),
    /** From Redis accepting commands again until every stage with work made progress. */
    afterRedis: figuresOf(
      restarts.map((atMs) => {
        const first = stages.map((stage) => Math.min(...delays(stage, atMs)));
        return Math.max(...first.filter(Number.isFinite));
      }),
    ),
  };
}

/**
 * One stay of a generation in a stage, with the times of its progress: the polls of its task and the move that ended
 * the stay.
 */
interface Stay {
  from: number;
  progress: number[];
}

function staysOf({ records, requests }: Evidence): Map<Stage | undefined, Stay[]> {
  const polls = Map.groupBy(
    requests.filter(({ method }) => method === "GET"),
    // The task id is the last part of the path or query.
    ({ path }) => /([^/=]+)$/.exec(path)?.[1],
  );
  const stays = [...records.values()].flatMap(({ record }) => {
    const timeline = ledger
      .timelineOf(record)
      .map(({ at, state }) => ({ from: Date.parse(at), stage: stageOf[state] }));
    const pollTimes = tasksOf(record).flatMap((task) => polls.get(task)?.map(({ at }) => at) ?? []);
    return timeline.map(({ from, stage }, i) => {
      const to = timeline[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      const progress = stage === "poller" ? pollTimes.filter((at) => at >= from && at <= to) : [];
      return { stage, from, progress: [...progress, to] };
    });
  });
  return Map.groupBy(stays, ({ stage }) => stage);
}

/** For each generation in the stage at `atMs`: the delay until its next progress. */
function delaysAt(stays: readonly Stay[], atMs: number): number[] {
  return stays
    .filter(({ from }) => from <= atMs)
    .map(({ progress }) => Math.min(...progress.filter((at) => at > atMs)) - atMs)
    .filter(Number.isFinite);
}

/** Delays in ms over the kills or restarts (`cases`) that affected work; one that affected none is infinite. */
function figuresOf(delaysMs: readonly number[]) {
  const sorted = delaysMs.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { cases: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
