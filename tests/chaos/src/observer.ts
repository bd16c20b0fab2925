import { setTimeout as wait } from "node:timers/promises";
import type { State } from "@reelqueue/contracts";
import type { Row } from "./feed.ts";
import { statesOf } from "./quiet.ts";
import type { World } from "./world/world.ts";

/** A final state that was seen, and did not stay. */
export interface ChangedEnd {
  id: string;
  was: State;
  is: State | null;
}

/** Looks at every generation about once a second and remembers which were seen at their end; an end that changes afterwards is a broken promise. */
export interface Observer extends AsyncDisposable {
  looks(): number;
  changed(): ChangedEnd[];
}

const finals: readonly (State | null)[] = ["succeeded", "canceled", "failed"];

export function startObserver(rows: readonly Row[], { here }: World): Observer {
  const ends = new Map<string, State>();
  const changed: ChangedEnd[] = [];
  let looks = 0;
  let over = false;
  const look = async (): Promise<void> => {
    const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
    const states = await statesOf(ids, here.cell);
    looks += 1;
    for (const [i, id] of ids.entries()) {
      const [before, state] = [ends.get(id), states[i] ?? null];
      if (before !== undefined && state !== before) changed.push({ id, was: before, is: state });
      if (state !== null && finals.includes(state)) ends.set(id, state);
    }
  };
  const running = (async () => {
    while (!over) {
      await look().catch(() => {});
      await wait(1_000);
    }
  })();
  return {
    looks: () => looks,
    changed: () => changed,
    [Symbol.asyncDispose]: async () => {
      over = true;
      await running;
    },
  };
}
