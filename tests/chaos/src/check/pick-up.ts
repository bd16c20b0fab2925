import * as ledger from "@reelqueue/ledger";
import type { Ended, Role } from "../world/slot.ts";
import type { Evidence } from "./evidence.ts";
import { tasksOf } from "./money.ts";

/** How long work lay still, in ms, over so many kills or restarts that met any. */
export interface Waits {
  cases: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface PickUp {
  /** By role: from the death of a process until the last generation that was then in its stage had gone on; its own work cannot have waited longer. */
  afterKill: Partial<Record<Role, Waits>>;
  /** From Redis taking commands again until every stage that had work had done some. */
  afterRedis: Waits;
}

type Stage = Exclude<Role, "api">;

/** The state that a generation is in while each role works on it. */
const states = { submitter: "submitting", poller: "running", finalizer: "finalizing" } as const satisfies Record<
  Stage,
  string
>;
const stages = Object.keys(states) as Stage[];

/** One stay of one generation in a stage, and everything that a witness saw of it: the look of a poller at the provider, the move that ended it. */
interface Stay {
  from: number;
  signs: number[];
}

/** Waits as the timelines of the ledger and the provider's log of requests show them; `restarts`: when Redis was there again, ms since 1970. */
export function pickUp(evidence: Evidence, endings: readonly Ended[], restarts: readonly number[]): PickUp {
  const stays = staysOf(evidence);
  const slowest = (stage: Stage, atMs: number) => waitsAt(stays[stage], atMs).reduce(larger, undefined);
  const first = (stage: Stage, atMs: number) => waitsAt(stays[stage], atMs).reduce(smaller, undefined);
  const since = evidence.requests.at(-1)?.at ?? 0;
  const killed = endings.filter(({ why }) => why === "struck" || why === "crashed");
  return {
    afterKill: Object.fromEntries(
      stages.map((stage) => {
        // The provider's log keeps the newest requests only: before them, a look that is not in it may have been.
        const kills = killed.filter(({ role, atMs }) => role === stage && (stage !== "poller" || atMs >= since));
        return [stage, waits(kills.map(({ atMs }) => slowest(stage, atMs)))];
      }),
    ),
    afterRedis: waits(restarts.map((atMs) => stages.map((stage) => first(stage, atMs)).reduce(larger, undefined))),
  };
}

function staysOf({ records, requests }: Evidence): Record<Stage, Stay[]> {
  const looks = looksByTask(requests);
  const stays: Record<Stage, Stay[]> = { submitter: [], poller: [], finalizer: [] };
  for (const { record } of records.values()) {
    const timeline = ledger.timelineOf(record).map(({ at, state }) => ({ at: Date.parse(at), state }));
    const seen = tasksOf(record).flatMap((task) => looks.get(task) ?? []);
    for (const [i, { at: from, state }] of timeline.entries()) {
      const to = timeline[i + 1]?.at ?? Number.POSITIVE_INFINITY;
      for (const stage of stages) {
        if (states[stage] !== state) continue;
        const signs = stage === "poller" ? seen.filter((at) => at >= from && at <= to) : [];
        stays[stage].push({ from, signs: [...signs, to] });
      }
    }
  }
  return stays;
}

/** When each task was asked about; the id stands in the path, or in its query. */
function looksByTask(requests: Evidence["requests"]): Map<string, number[]> {
  const looks = new Map<string, number[]>();
  for (const { method, path, at } of requests) {
    const id = method === "GET" ? /([^/=]+)$/.exec(path)?.[1] : undefined;
    if (id !== undefined) looks.set(id, [...(looks.get(id) ?? []), at]);
  }
  return looks;
}

/** For everything that was in a stage then: how long until something was seen of it. */
function waitsAt(stays: readonly Stay[], atMs: number): number[] {
  return stays
    .filter(({ from, signs }) => from <= atMs && signs.some((sign) => sign > atMs))
    .map(({ signs }) => Math.min(...signs.filter((sign) => sign > atMs)) - atMs)
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
