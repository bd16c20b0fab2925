/** Runs every variant once per round, each round in another order, so that a drift of the machine meets all of them alike. */
export async function rounds<Name extends string, Result>(
  names: readonly Name[],
  count: number,
  once: (name: Name, round: number) => Promise<Result>,
): Promise<Record<Name, Result[]>> {
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let round = 0; round < count; round += 1) {
    for (const name of rotated(names, round)) {
      process.stderr.write(`round ${round + 1} of ${count}: ${name}\n`);
      results[name].push(await once(name, round));
    }
  }
  return results;
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}
