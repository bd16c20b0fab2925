import type { Generation, ModelState } from "./state.ts";

/**
 * A key that equivalent states share: operation numbers matter only by equality, and submitters are interchangeable.
 */
export function keyOf(state: ModelState): string {
  const order = state.workers.map((_, w) => w);
  const [first = ""] = [keyIn(state, order), keyIn(state, order.toReversed())].sort();
  return first;
}

function keyIn(state: ModelState, order: readonly number[]): string {
  const names = new Map<number, number>([[0, 0]]);
  const named = (token: number): number => {
    const size = Math.abs(token);
    const known = names.get(size);
    if (known !== undefined) return Math.sign(token) * known;
    names.set(size, names.size);
    return Math.sign(token) * (names.size - 1);
  };
  const generations = state.generations.map((gen) => genKey(gen, named));
  const workers = order.map((w) => {
    const { at, gen, dispatchSeq, token, attempt, answer, task, late } = state.workers[w] ?? {};
    return `${at} ${gen} ${dispatchSeq} ${named(token ?? 0)} ${attempt} ${answer} ${task} ${late}`;
  });
  const posts = state.posts.map(({ gen, attempt, key, listener }) => {
    const known = key >= 100 ? named(key / 100) + 100 : key;
    return `${gen} ${attempt} ${known} ${listener >= 0 ? order.indexOf(listener) : listener}`;
  });
  const observations = state.observations.map(
    ({ gen, saw, task, token, attempt }) => `${gen} ${saw} ${task} ${named(token)} ${attempt}`,
  );
  return [generations, workers, posts.sort(), observations.sort(), Object.values(state.budget)].join(";");
}

function genKey({ rec, disk, tasks, finalized }: Generation, named: (token: number) => number): string {
  const records = [rec, disk].map((each) =>
    each === null
      ? "-"
      : `${each.state} ${each.lane} ${each.dispatchSeq} ${named(each.token)} ${each.attempt} ${each.task} ${each.previousTasks} ${each.orphans}`,
  );
  const made = tasks.map(({ attempt, key, end }) => `${attempt} ${key >= 100 ? named(key / 100) + 100 : key} ${end}`);
  return [...records, ...made, finalized].join("|");
}
