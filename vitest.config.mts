import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Starts the files that take longest first: chaos, then the other scenarios, which mostly wait. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranks = [/\/tests\/chaos\//, /\/tests\/scenarios\//, /\.scenario\.test\.m?ts$/, /\.redis\.test\.ts$/];
    const rank = ({ moduleId }: TestSpecification): number => ranks.findIndex((each) => each.test(moduleId)) >>> 0;
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

const notTests = ["**/node_modules/**", "**/.reelqueue/**"];
const services = ["**/*.services.test.ts"];
const scenarios = ["tests/{scenarios,chaos}/**/*.test.ts"];
const withNeeds = ["**/*.{redis,scenario}.test.{ts,mts}"];
const redis = "packages/testing/src/redis.ts";

/**
 * One run over the workspace. What a file needs is in its name: nothing, a Redis, processes and seconds, or programs of
 * others.
 */
export default defineConfig({
  test: {
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
          name: "unit",
          include: ["**/*.test.{ts,mts}"],
          exclude: [...notTests, ...services, ...scenarios, ...withNeeds],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "packages",
          globalSetup: redis,
          include: withNeeds,
          exclude: [...notTests, ...scenarios],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "scenarios",
          globalSetup: redis,
          include: scenarios,
          exclude: [...notTests, ...services],
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "services",
          globalSetup: [redis, "packages/testing/src/services/needs.ts"],
          include: services,
          exclude: notTests,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
