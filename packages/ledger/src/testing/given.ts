import type { State } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { type Move, sendMove } from "../generations/move.ts";
import type { GenerationRecord } from "../redis/codec.ts";
import { type Lane, operationToken } from "../redis/keys.ts";

/** Fields of the record in its state, and what else the last move into it says. `taskId` is bound as stages do it. */
export type Given = Partial<GenerationRecord> & {
  last?: Pick<Move, "due" | "note" | "event" | "costMicroUsd" | "freeSlot" | "dispatch">;
};

/**
 * A builder for each state: makes a generation, brings it there by allowed moves, and returns its id.
 *
 *     const given = givenIn(cell, queued);
 *     const id = await given.unknown({ absentLookups: { count: 2, atMs: 0 } });
 *
 * Further arguments go to `make`, which stores a generation in `queued`.
 */
export function givenIn<Args extends unknown[]>(
  cell: Cell,
  make: (...args: Args) => Promise<string>,
): Record<State, (given?: Given, ...args: Args) => Promise<string>> {
  const builder =
    (state: State) =>
    async (given: Given = {}, ...args: Args): Promise<string> => {
      const id = await make(...args);
      await bring(cell, [id], state, given);
      return id;
    };
  return Object.fromEntries(Object.keys(paths).map((state) => [state, builder(state as State)])) as never;
}

/** Brings generations from `queued` into a state; rejects if one cannot be moved. Due in an hour, unless `last` says. */
export async function bring(cell: Cell, ids: readonly string[], state: State, given: Given = {}): Promise<void> {
  const path = paths[state];
  for (const [i, to] of path.entries()) {
    const step = to === state ? lastStep(to, given) : stepInto(to);
    const move = { from: [path[i - 1] ?? "queued"], to, ...step } as Omit<Move, "id" | "token">;
    await Promise.all(ids.map((id) => moveOne(cell, id, move, given.taskId ?? `task-${id}`)));
  }
}

async function moveOne(cell: Cell, id: string, move: Omit<Move, "id" | "token">, taskId: string): Promise<void> {
  const bound = move.to === "running" && { bindTask: taskId };
  const moved = await sendMove(cell, { ...move, id, token: operationToken(), ...bound });
  if (moved.kind !== "moved") throw new Error(`${id} is not moved to ${move.to}: ${JSON.stringify(moved)}`);
}

type Step = Omit<Move, "id" | "from" | "to" | "token">;

function lastStep(to: State, { last, taskId: _bound, ...record }: Given): Step {
  const { set, ...step } = stepInto(to);
  const note = record.failure && { note: record.failure.message };
  return { ...step, ...note, ...last, set: { ...set, ...record } };
}

/** The move into a state as a stage makes it. */
function stepInto(to: State): Step {
  const lane = laneOf[to];
  const due = lane !== undefined && { due: { lane, inMs: 3_600_000 } };
  const [lost, broke] = ["the connection was reset", "it broke"];
  if (to === "unknown") return { ...due, note: lost, set: { unknownReason: lost } };
  if (to === "failed") return { note: broke, set: { failure: { class: "upstream", message: broke } } };
  return { ...due };
}

/** The states between `queued` and the named one, which is the last. */
const paths: Record<State, readonly State[]> = {
  queued: [],
  preparing: ["preparing"],
  submitting: ["submitting"],
  unknown: ["submitting", "unknown"],
  needs_review: ["submitting", "unknown", "needs_review"],
  running: ["submitting", "running"],
  finalizing: ["submitting", "running", "finalizing"],
  succeeded: ["submitting", "running", "finalizing", "succeeded"],
  failed: ["submitting", "running", "failed"],
  canceled: ["canceled"],
  expired: ["submitting", "running", "expired"],
};

/** Where a generation waits in a state that does not rest. */
export const laneOf: Readonly<Partial<Record<State, Lane>>> = {
  preparing: "preparing",
  submitting: "submitting",
  unknown: "unknown",
  needs_review: "review",
  running: "poll",
  finalizing: "finalize",
};
