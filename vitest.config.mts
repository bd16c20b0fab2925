import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const notTests = ["**/node_modules/**", "**/.reelqueue/**"];

/** Starts the files that take longest first: chaos, then the scenarios, which mostly wait, then the tests beside the code. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      ["/tests/chaos/", "/tests/scenarios/"].findIndex((folder) => moduleId.includes(folder)) >>> 0;
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** One run over the workspace with one shared Redis. */
export default defineConfig({
  test: {
    globalSetup: "packages/testing/src/redis.ts",
    reporters: ["default", "./packages/testing/src/tally-reporter.ts"],
    // one import of a module for all files of a worker
    isolate: false,
    // many tests wait for a process or a timer
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "packages",
          include: ["{apps,packages,examples,tests}/**/*.test.ts", "scripts/*.test.mts"],
          exclude: [...notTests, "tests/{scenarios,chaos}/**"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "scenarios",
          include: ["tests/{scenarios,chaos}/**/*.test.ts"],
          exclude: notTests,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
