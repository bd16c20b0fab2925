import * as ledger from "@reelqueue/ledger";
import { expect, test } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { openRunTimes } from "./run-times.ts";

test("a new process uses the run times that all processes have learned, from its first poll on", async () => {
  await using scope = new AsyncDisposableStack();
  const { cell, accounts } = await testInstallation(scope);
  const hiapi = accounts.get("hiapi");
  if (!hiapi) throw new Error("hiapi is not there");
  const runs = Array.from({ length: 40 }, () => ({ class: "quick", ms: 10_000 }));
  await Promise.all(runs.map((run) => ledger.recordRunTime(cell, run)));
  const runTimes = openRunTimes(cell);
  await runTimes.load(hiapi, ["quick", "never seen"]);
  const medianMs = (name: string) => Math.exp(runTimes.of(hiapi, name).mu);
  expect(medianMs("quick")).toBeLessThan(20_000);
  expect(medianMs("never seen")).toBeGreaterThan(60_000);
});
