import { onPath } from "@reelqueue/system/testing";
import { test } from "vitest";

/** The programs that tests of services start, and the Debian package of each. */
const packages = { chromium: "chromium", prometheus: "prometheus", promtool: "prometheus" } as const;
export type ServiceProgram = keyof typeof packages;

/**
 * Vitest's `test` for tests that start these programs. Where one is not installed, prints "skipped: …" and returns
 * `test.skip`; with REELQUEUE_REQUIRE=all it throws instead, so that the file fails.
 */
export function testWith(...programs: ServiceProgram[]): typeof test.skip {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  if (missing.length === 0) return test;
  const names = [...new Set(missing.map((program) => packages[program]))].join(" ");
  const why = `${missing.join(" and ")} not found in PATH; Debian has it: apt-get install ${names}`;
  if (process.env.REELQUEUE_REQUIRE === "all") throw new Error(`REELQUEUE_REQUIRE=all, but ${why}`);
  console.log(`skipped: ${why}`);
  return test.skip;
}

/** Vitest's global setup of these tests: prints which programs they start, and from where. */
export default function announce(): void {
  const found = Object.keys(packages).map(
    (program) => pathOf(program as ServiceProgram) ?? `${program} (not installed)`,
  );
  console.log(`These tests start: ${found.join(", ")}`);
}

/** The path of an installed program. */
export function pathOf(program: ServiceProgram): string | undefined {
  return onPath([program], process.env);
}
