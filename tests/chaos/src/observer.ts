import type { State } from "@reelqueue/contracts";
import { repeat } from "@reelqueue/testing";
import { idsOf, type Row } from "./feed.ts";
import type { ChaosSystem } from "./system/system.ts";
import { statesOf } from "./wait-for-idle.ts";

/** A final state that was read and later changed. */
export interface ChangedEnd {
  id: string;
  was: State;
  is: State | null;
}

/** Final states. */
export const finals: readonly (State | null)[] = ["succeeded", "canceled", "failed"];

/** Reads every state about once a second and records final states that change afterwards. */
export function startObserver(rows: readonly Row[], { installation: { cell } }: ChaosSystem) {
  const ends = new Map<string, State>();
  const changed: ChangedEnd[] = [];
  let count = 0;
  const observe = async (): Promise<void> => {
    const ids = idsOf(rows);
    const states = await statesOf(ids, cell);
    count += 1;
    for (const id of ids) {
      const [before, state] = [ends.get(id), states.get(id) ?? null];
      if (before !== undefined && state !== before) changed.push({ id, was: before, is: state });
      if (state !== null && finals.includes(state)) ends.set(id, state);
    }
  };
  return {
    /** How often all states were read. */
    count: () => count,
    changed: () => changed,
    ...repeat(1_000, () => observe().catch(() => {})),
  };
}
