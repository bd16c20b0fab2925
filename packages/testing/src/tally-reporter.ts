import type { Reporter, TestModule } from "vitest/node";
import { type FinishedModule, tally } from "./tally.ts";

/** Ends the output of a run with the one line of `tally`. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    process.stdout.write(`\n${tally(modules.map(finished), unhandledErrors.length)}\n`);
  }
}

function finished(module: TestModule): FinishedModule {
  const suites = [...module.children.allSuites()];
  return {
    states: [...module.children.allTests()].map((test) => test.result().state),
    errors: [module, ...suites].reduce((sum, each) => sum + each.errors().length, 0),
  };
}
