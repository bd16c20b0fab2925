import { type GenerationRequest, mayMove, type Next, type State } from "@reelqueue/contracts";
import { type Cell, run } from "../cell.ts";
import { runConfirmed } from "../confirm.ts";
import { LedgerError, unconfirmed } from "../error.ts";
import { type Each, gather } from "../gather.ts";
import type { Lane } from "../keys.ts";
import { marks, type StoredRecord } from "../record.ts";
import { freeze, pack } from "../request-text.ts";

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
  /** What was asked for, to be kept in its shortest form from now on. */
  rest?: GenerationRequest;
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

/**
 * Moves one generation, by compare-and-set in Redis. An intent and the binding of a task are also at a replica where one could take over:
 * else it is a LedgerError of kind `unconfirmed`, and whether the move lasts is open.
 */
export async function move<From extends State>(cell: Cell, step: Move<From>): Promise<Moved> {
  const encoded = encode(step as unknown as Move);
  const moved = await together(cell, encoded);
  remember(cell, encoded, moved);
  return moved;
}

/** Moves many generations in one script; each one wholly or not at all, in order. For moves that a failover may undo: they are made again. */
export async function moveAll(cell: Cell, steps: readonly Move[]): Promise<Moved[]> {
  if (steps.length === 0) return [];
  const encoded = steps.map(encode);
  const moved = await send(cell, encoded);
  for (const [i, each] of encoded.entries()) remember(cell, each, moved[i]);
  return moved;
}

/** Makes the recent moves of this process again, where the ledger does not have them; answers how many that were. */
export async function makeAgain(cell: Cell): Promise<number> {
  const moved = await Promise.allSettled(
    cell.recent.texts().map((text) => together(cell, { text, wanted: 0, mustLast: false, again: false })),
  );
  const fault = moved.find((each) => each.status === "rejected" && isOutage(each.reason));
  if (fault?.status === "rejected") throw fault.reason;
  return moved.filter((each) => each.status === "fulfilled" && each.value.kind === "moved").length;
}

function isOutage(fault: unknown): boolean {
  return !(fault instanceof LedgerError) || fault.kind === "away" || fault.kind === "refusing";
}

/** A move on its way to Redis. */
interface Encoded {
  text: string;
  wanted: number;
  /** Nothing may follow from it before a replica has it too. */
  mustLast: boolean;
  /** It says what it believes of the record, so that it can be made again later without meeting anything but its own. */
  again: boolean;
}

function remember(cell: Cell, { text, again }: Encoded, moved: Moved | undefined): void {
  if (again && (moved?.kind === "moved" || moved?.kind === "already")) cell.recent.keep(text);
}

/** Moves that are asked for at the same moment share a script: Redis is busy with it for some milliseconds at most. */
const movesAtOnce = 50;

const together = gather<Encoded, Moved>(movesAtOnce, async (cell, steps) => {
  try {
    return await (steps.some(({ mustLast }) => mustLast) ? sendConfirmed(cell, steps) : send(cell, steps));
  } catch (error) {
    // a record that the script stumbles over is no fault of those that happened to come along with it
    if (steps.length === 1 || !(error instanceof LedgerError) || error.kind !== "broken") throw error;
    return await Promise.all(steps.map((step) => sendAlone(cell, step)));
  }
});

async function send(cell: Cell, steps: readonly Encoded[]): Promise<Moved[]> {
  const answers = await run<string[][]>(cell, "move", textsOf(steps));
  return answers.map((answer, i) => decode(answer, steps[i]?.wanted ?? 0));
}

async function sendConfirmed(cell: Cell, steps: readonly Encoded[]): Promise<Each<Moved>[]> {
  const { answer, confirmed } = await runConfirmed<string[][]>(cell, "move", textsOf(steps));
  return steps.map(({ mustLast, wanted }, i) =>
    mustLast && !confirmed ? unconfirmed() : decode(answer[i] ?? [], wanted),
  );
}

async function sendAlone(cell: Cell, step: Encoded): Promise<Each<Moved>> {
  const [moved] = await sendConfirmed(cell, [step]).catch((error: Error) => [error]);
  return moved ?? { kind: "missing" };
}

const textsOf = (steps: readonly Encoded[]): string[] => steps.map(({ text }) => text);

function encode(step: Move): Encoded {
  const { n, token, task, attempt } = step.expect ?? {};
  return {
    text: textOf(step),
    wanted: step.want?.length ?? 0,
    mustLast: step.to === "submitting" || step.task !== undefined,
    again: [n, token, task, attempt].some((belief) => belief !== undefined),
  };
}

function textOf(step: Move): string {
  for (const from of step.from) {
    if (!mayMove(from, step.to)) throw new LedgerError("forbidden", `the table of moves has no ${from} → ${step.to}`);
  }
  const { costMicroUsd, due, note, rest, ...plain } = step;
  return JSON.stringify({
    ...plain,
    ...(rest !== undefined && { request: pack(freeze(rest)) }),
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
