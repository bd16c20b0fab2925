// @ts-check

/**
 * The groups of two or more files that reach each other, and files that import themselves, largest first (Tarjan).
 * @param {ReadonlyMap<string, readonly string[]>} graph
 * @returns {string[][]}
 */
export function cyclesIn(graph) {
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const cycles = [];

  /** @param {string} file */
  function visit(file) {
    const state = { index: seen.size, low: seen.size, open: true };
    seen.set(file, state);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      const known = seen.get(next);
      if (known === undefined) state.low = Math.min(state.low, visit(next));
      else if (known.open) state.low = Math.min(state.low, known.index);
    }
    if (state.low === state.index) close(file);
    return state.low;
  }

  /** @param {string} file */
  function close(file) {
    const group = stack.splice(stack.indexOf(file));
    for (const each of group) {
      const state = seen.get(each);
      if (state) state.open = false;
    }
    if (group.length > 1 || graph.get(file)?.includes(file)) cycles.push(group.toSorted());
  }

  for (const file of graph.keys()) if (!seen.has(file)) visit(file);
  return cycles.toSorted((a, b) => b.length - a.length || (a[0] ?? "").localeCompare(b[0] ?? ""));
}
