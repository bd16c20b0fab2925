import type { Gen, World } from "./state.ts";

/**
 * A text that two states share when they are the same story: numbers of operations matter only by whether they are equal, and it does not
 * matter which of the submitters is which.
 */
export function keyOf(world: World): string {
  const order = world.workers.map((_, w) => w);
  const [first = ""] = [keyIn(world, order), keyIn(world, order.toReversed())].sort();
  return first;
}

function keyIn(world: World, order: readonly number[]): string {
  const names = new Map<number, number>([[0, 0]]);
  const named = (token: number): number => {
    const size = Math.abs(token);
    const known = names.get(size);
    if (known !== undefined) return Math.sign(token) * known;
    names.set(size, names.size);
    return Math.sign(token) * (names.size - 1);
  };
  const gens = world.gens.map((gen) => genKey(gen, named));
  const workers = order.map((w) => {
    const { at, gen, n, token, attempt, answer, task, late } = world.workers[w] ?? {};
    return `${at} ${gen} ${n} ${named(token ?? 0)} ${attempt} ${answer} ${task} ${late}`;
  });
  const posts = world.posts.map(({ gen, attempt, key, listener }) => {
    const known = key >= 100 ? named(key / 100) + 100 : key;
    return `${gen} ${attempt} ${known} ${listener >= 0 ? order.indexOf(listener) : listener}`;
  });
  const looks = world.looks.map(
    ({ gen, saw, task, token, attempt }) => `${gen} ${saw} ${task} ${named(token)} ${attempt}`,
  );
  return [gens, workers, posts.sort(), looks.sort(), Object.values(world.budget)].join(";");
}

function genKey({ rec, disk, tasks, finalized }: Gen, named: (token: number) => number): string {
  const records = [rec, disk].map((each) =>
    each === null
      ? "-"
      : `${each.state} ${each.lane} ${each.n} ${named(each.token)} ${each.attempt} ${each.task} ${each.earlier} ${each.orphans}`,
  );
  const made = tasks.map(({ attempt, key, end }) => `${attempt} ${key >= 100 ? named(key / 100) + 100 : key} ${end}`);
  return [...records, ...made, finalized].join("|");
}
