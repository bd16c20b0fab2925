import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { asDataUri, sample } from "../test-samples.ts";
import { ParserWorker } from "./worker.ts";

const run = promisify(execFile);

test("a program that probed a file exits when it is done, without waiting for the idle worker", async () => {
  const probe = new URL("../probe.ts", import.meta.url).href;
  const uri = asDataUri(sample("picture.png"));
  const program = `const { probe } = await import("${probe}");
    console.log(JSON.stringify(await probe("${uri}", "image", {})));`;
  const ended = run(process.execPath, ["--input-type=module", "--eval", program], { timeout: 20_000 });
  expect(JSON.parse((await ended).stdout)).toMatchObject({ kind: "facts", facts: { format: "png" } });
});

test("the time limit of parsing starts when the worker has loaded, however long that takes", async () => {
  const main = JSON.stringify(new URL("./worker-main.ts", import.meta.url).href);
  const slowly = `await new Promise((resolve) => setTimeout(resolve, 2_500)); await import(${main});`;
  const worker = new ParserWorker({
    entry: new URL(`data:text/javascript,${encodeURIComponent(slowly)}`),
    stuckMs: 1_500,
  });
  const content = sample("picture.png");
  const parsed = await worker.parse({
    bytes: content.length,
    randomAccess: true,
    claim: "png",
    kind: "image",
    read: async (start, end) => new Uint8Array(content.subarray(start, end)),
  });
  worker.stop();
  expect(parsed).toMatchObject({ kind: "facts", facts: { format: "png" } });
});
