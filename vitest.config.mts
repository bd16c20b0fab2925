import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const notTests = ["**/node_modules/**", "**/.reelqueue/**"];

/** One run over the workspace with one shared Redis: first the tests beside the code, then the scenarios with real processes. */
export default defineConfig({
  test: {
    globalSetup: "packages/testing/src/redis.ts",
    reporters: ["default", "./packages/testing/src/tally-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "packages",
          maxWorkers: availableParallelism(),
          include: ["{apps,packages,examples,tests}/**/*.test.ts", "scripts/*.test.mts"],
          exclude: [...notTests, "tests/{scenarios,chaos}/**"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "scenarios",
          // a scenario mostly waits
          maxWorkers: availableParallelism() + 2,
          include: ["tests/{scenarios,chaos}/**/*.test.ts"],
          exclude: notTests,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
