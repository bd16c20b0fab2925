import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as ledger from "@reelqueue/ledger";
import { inheritedEnv, sharedRedis, uniqueCell } from "@reelqueue/testing";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);

test("the example enqueues its shots and a local image; a second run finds them", async () => {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-example-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const [cell, REDIS_URL] = [uniqueCell(), await sharedRedis()];
  const account = {
    provider: "jiekou",
    baseUrl: "http://127.0.0.1:9",
    keyEnv: "NOWHERE_KEY",
    pricesPerSecond: { "seedance-2.0/480p": 0.07 },
  };
  writeFileSync(join(home, "config.json"), JSON.stringify({ cell, accounts: { jiekou: account } }));
  const start = () =>
    run(process.execPath, [join(import.meta.dirname, "main.ts"), "3"], {
      env: { ...inheritedEnv(), REDIS_URL, REELQUEUE_HOME: home },
    });

  expect((await start()).stdout).toMatch(/shot 1: accepted as \w+ on jiekou, \$0\.28\n.*\n.*\n3 shots in \d+ ms/);
  expect((await start()).stdout).toMatch(/shot 1: existing as/);

  await using here = ledger.openCell({ url: REDIS_URL, cell, role: "worker" });
  await ledger.awaitReady(here, 5_000);
  const { ids } = await ledger.list(here, { tenant: "default", batch: "film" }, 10);
  const found = await ledger.readMany(here, ids);
  expect(found.map((each) => each?.request.metadata?.shot)).toEqual([1, 2, 3]);
  expect(found[0]?.request.images[0]?.url).toMatch(/^media:\/\/[0-9a-f]{64}\.jpg$/);
});
