import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { asDataUri, sample } from "../test-samples.ts";

const run = promisify(execFile);

test("a program that probed a file exits when it is done, without waiting for the idle worker", async () => {
  const probe = new URL("../probe.ts", import.meta.url).href;
  const uri = asDataUri(sample("picture.png"));
  const program = `const { probe } = await import("${probe}");
    console.log(JSON.stringify(await probe("${uri}", "image", {})));`;
  const ended = run(process.execPath, ["--input-type=module", "--eval", program], { timeout: 20_000 });
  expect(JSON.parse((await ended).stdout)).toMatchObject({ kind: "facts", facts: { format: "png" } });
});
