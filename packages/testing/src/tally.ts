/** What is counted of a finished module: the state of each of its tests, and whether it could be run at all. */
export interface FinishedModule {
  states: ("passed" | "failed" | "skipped" | "pending")[];
  errors: number;
}

/** The run in one line, `N passed, N failed` and `, N skipped` where some were: a module or a hook that broke is a failure too. */
export function tally(modules: FinishedModule[], unhandledErrors: number): string {
  const states = modules.flatMap((module) => module.states);
  const count = (state: FinishedModule["states"][number]) => states.filter((each) => each === state).length;
  const broken = modules.filter((module) => module.errors > 0 && !module.states.includes("failed")).length;
  const failed = count("failed") + count("pending") + broken + unhandledErrors;
  const skipped = count("skipped") === 0 ? "" : `, ${count("skipped")} skipped`;
  return `${count("passed")} passed, ${failed} failed${skipped}`;
}
