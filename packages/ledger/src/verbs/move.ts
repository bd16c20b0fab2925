import { mayMove, type Next, type State } from "@reelqueue/contracts";
import { type Cell, run } from "../cell.ts";
import { LedgerError } from "../error.ts";
import { type Each, gather } from "../gather.ts";
import type { Lane } from "../keys.ts";
import { marks, type StoredRecord } from "../record.ts";

export interface Move<From extends State = State> {
  id: string;
  from: readonly From[];
  to: Next<From>;
  /** Names this operation: sent twice, it happens once. */
  token: string;
  /** A line of the timeline. */
  note?: string;
  /**
   * What the mover believes: refused as `stale` where the record says otherwise, because somebody else has been at it meanwhile.
   * `token`: no other move came in between. `calm`: refused as `canceling` once a cancel was wished.
   */
  expect?: {
    n?: string;
    lane?: Lane;
    token?: string;
    task?: string;
    attempt?: string;
    account?: string;
    calm?: boolean;
  };
  /** The one due time after this move; left out only for states that rest. */
  due?: { lane: Lane; inMs: number } | { lane: "backlog" };
  /** The job behind it is a new hand-over. */
  handover?: boolean;
  set?: Partial<Record<keyof StoredRecord, string>>;
  unset?: (keyof StoredRecord)[];
  /** Binds this task id to the generation, once. */
  task?: string;
  /** Settled cost of the attempt in micro-USD; left out: what was reserved is spent on success and given back otherwise. */
  costMicroUsd?: number;
  /** The webhook of this move, delivered from the same instant on. */
  event?: { endpoint: string; url: string; body: string };
  /** Fields to answer with, together with the frozen request. */
  want?: (keyof StoredRecord)[];
}

export type Moved =
  /** `already`: this very operation was done before. */
  | { kind: "moved" | "already"; n: string; wanted: string[]; request: string }
  | { kind: "conflict"; state: State }
  | { kind: "stale"; state: State }
  | { kind: "canceling"; state: State }
  /** The task id belongs to another generation. Noted among the orphans. */
  | { kind: "taken"; by: string }
  /** It could not take the task that the move brought: the task is noted among the orphans. */
  | { kind: "orphaned"; state: State }
  | { kind: "missing" };

/** Moves one generation, by compare-and-set in Redis. */
export async function move<From extends State>(cell: Cell, step: Move<From>): Promise<Moved> {
  const { id, want = [] } = step;
  return await together(cell, { id, text: encode(step as unknown as Move), wanted: want.length });
}

/** Moves many generations in one script; each one wholly or not at all, in order. */
export async function moveAll(cell: Cell, steps: readonly Move[]): Promise<Moved[]> {
  if (steps.length === 0) return [];
  const answers = await run<string[][]>(cell, "move", steps.map(encode));
  return answers.map((answer, index) => decode(answer, steps[index]?.want?.length ?? 0));
}

/** A move on its way to Redis. */
interface Encoded {
  id: string;
  text: string;
  wanted: number;
}

/** Moves that are asked for at the same moment share a script: Redis is busy with it for some milliseconds at most. */
const movesAtOnce = 50;

const together = gather<Encoded, Moved>(movesAtOnce, async (cell, steps) => {
  try {
    return await send(cell, steps);
  } catch (error) {
    // a record that the script stumbles over is no fault of those that happened to come along with it
    if (steps.length === 1 || !(error instanceof LedgerError) || error.kind !== "broken") throw error;
    return await Promise.all(steps.map((step) => sendAlone(cell, step)));
  }
});

async function send(cell: Cell, steps: readonly Encoded[]): Promise<Moved[]> {
  const answers = await run<string[][]>(
    cell,
    "move",
    steps.map(({ text }) => text),
  );
  return answers.map((answer, i) => decode(answer, steps[i]?.wanted ?? 0));
}

async function sendAlone(cell: Cell, step: Encoded): Promise<Each<Moved>> {
  const [moved] = await send(cell, [step]).catch((error: Error) => [error]);
  return moved ?? { kind: "missing" };
}

function encode(step: Move): string {
  for (const from of step.from) {
    if (!mayMove(from, step.to)) throw new LedgerError("forbidden", `the table of moves has no ${from} → ${step.to}`);
  }
  const { costMicroUsd, due, note, ...rest } = step;
  return JSON.stringify({
    ...rest,
    mark: marks[step.to],
    ...(note !== undefined && { note: oneLine(note) }),
    ...(due !== undefined && {
      due: due.lane === "backlog" ? due : { lane: due.lane, in: Math.max(0, Math.round(due.inMs)) },
    }),
    ...(costMicroUsd !== undefined && { cost: String(Math.round(costMicroUsd)) }),
  });
}

function oneLine(note: string): string {
  return note.replace(/\s+/g, " ").slice(0, 300).toWellFormed();
}

function decode(answer: string[], wantedCount: number): Moved {
  const [kind, detail = ""] = answer;
  switch (kind) {
    case "moved":
    case "already":
      return { kind, n: detail, wanted: answer.slice(2, 2 + wantedCount), request: answer[2 + wantedCount] ?? "" };
    case "conflict":
    case "stale":
    case "canceling":
    case "orphaned":
      return { kind, state: detail as State };
    case "taken":
      return { kind, by: detail };
    default:
      return { kind: "missing" };
  }
}
