import type { Reporter, TestModule } from "vitest/node";

/** A Vitest reporter that prints the line of `tally` at the end of a run. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    process.stdout.write(`\n${tally(modules.map(resultsOf), unhandledErrors.length)}\n`);
  }
}

function resultsOf(module: TestModule): FinishedModule {
  const suites = [...module.children.allSuites()];
  return {
    states: [...module.children.allTests()].map((test) => test.result().state),
    errors: [module, ...suites].reduce((sum, each) => sum + each.errors().length, 0),
  };
}

/** The states of a test file's tests, and how many errors occurred outside them (at import, in a hook). */
export interface FinishedModule {
  states: ("passed" | "failed" | "skipped" | "pending")[];
  errors: number;
}

/** `N passed, N failed`, then `, N skipped` unless 0. Errors outside tests and tests without an end count as failed. */
export function tally(modules: FinishedModule[], unhandledErrors: number): string {
  const states = modules.flatMap((module) => module.states);
  const count = (state: FinishedModule["states"][number]) => states.filter((each) => each === state).length;
  const broken = modules.filter((module) => module.errors > 0 && !module.states.includes("failed")).length;
  const failed = count("failed") + count("pending") + broken + unhandledErrors;
  const skipped = count("skipped") === 0 ? "" : `, ${count("skipped")} skipped`;
  return `${count("passed")} passed, ${failed} failed${skipped}`;
}
