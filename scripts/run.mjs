// @ts-check
// `npm start`, `npm test` and `npm run …`. Plain JavaScript for any Node from 18 on; it continues on Node 24.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { prepared, root, run, runOnNode24 } from "./bootstrap.mjs";

const [command = "", ...rest] = process.argv.slice(2);

switch (command) {
  case "start":
    await runOnNode24(["apps/cli/src/main.ts", "start", ...rest]);
    break;
  case "test":
    await runOnNode24(["scripts/vitest.mjs", "run", "--project", "!services", ...rest]);
    break;
  case "test:unit":
    await runOnNode24(["scripts/vitest.mjs", "run", "--project", "unit", ...rest]);
    break;
  case "test:services":
    await runOnNode24(["scripts/vitest.mjs", "run", "--project", "services", ...rest]);
    break;
  case "check":
    process.exit(await check());
    break;
  case "bench":
    await runScript("tests/bench/src/main.ts");
    break;
  case "chaos":
    await runScript("tests/chaos/src/main.ts");
    break;
  case "measure":
    await runOnNode24(["scripts/measure.mjs", ...rest]);
    break;
  default:
    console.error(
      `scripts/run.mjs knows start, test, test:unit, test:services, check, bench, chaos and measure, not "${command}".`,
    );
    process.exit(2);
}

/** Runs every check, also after a failure; the exit code is 0 only if all pass. */
async function check() {
  if (rest.length > 0) {
    console.error(`check takes no options, not ${rest.join(" ")}`);
    return 2;
  }
  const { node, env } = await prepared();
  const bin = join(root, "node_modules", ".bin");
  /** @type {[string, string, string[]][]} */
  const checks = [
    ["format and lint", join(bin, "biome"), ["check"]],
    ["types of scripts", join(bin, "tsc"), ["--noEmit", "-p", "scripts"]],
    ["types of packages", join(bin, "turbo"), ["run", "check", "--output-logs=errors-only"]],
    ["unused code", join(bin, "knip"), ["--no-config-hints"]],
    [
      "architecture",
      node,
      [join(root, "node_modules/vitest/vitest.mjs"), "run", "packages/testing/src/architecture.test.ts"],
    ],
  ];
  const failed = [];
  for (const [name, program, args] of checks) {
    console.log(`\n${name}`);
    const quiet = { ...env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
    if ((await run(program, args, { env: quiet, cwd: root })) !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? "\nall checks passed" : `\nfailed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

/** @param {string} script */
async function runScript(script) {
  if (existsSync(join(root, script))) return await runOnNode24([script, ...rest]);
  console.error(`${script} does not exist.`);
  return process.exit(2);
}
