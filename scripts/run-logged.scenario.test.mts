import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { failureText, runLogged, SetupError } from "./run-logged.mjs";

test.each([
  ["npm error code ENOTFOUND\nnpm error errno ENOTFOUND", "npm could not reach its registry"],
  ["[WARN] GET https://r/x.tgz error sending request: client error (Connect)", "npm could not reach its registry"],
  ["npm error code ENOSPC", "The disk is full"],
  ["Error: ERR_PNPM_OUTDATED_LOCKFILE", "pnpm-lock.yaml does not match"],
  [
    "first\nnpm error 404 no such package\nlast",
    "npm could not install what is needed: npm error 404 no such package.",
  ],
  ["", "npm could not install what is needed: no reason given"],
])("failureText: %j is one sentence", (output, sentence) => {
  expect(failureText("npm", output).startsWith(sentence)).toBe(true);
});

test("runLogged: the output of a failed program is in the log that the error names", async () => {
  const root = mkdtempSync(join(tmpdir(), "reelqueue-setup-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const failing = runLogged(
    root,
    process.execPath,
    ["-e", "console.log('a'); console.error('error b'); process.exit(1)"],
    {
      cwd: root,
      env: {},
    },
  );
  const log = join(root, ".reelqueue/logs/setup.log");
  await expect(failing).rejects.toThrow(
    new SetupError(`npm could not install what is needed: error b. The whole output is in ${log}`),
  );
  expect(readFileSync(log, "utf8")).toContain("a\n");
});
