import type { GenerationInput } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

const accounts = { ark: {}, toapis: {}, xingchao: {} };
const everyAccount = ["ark", "toapis", "xingchao", "hiapi", "jiekou"];

/** A row whose marker names its account and faults. */
const row = (account: string, faults: string): GenerationInput => ({
  account,
  prompt: `a kite [[marker:${account} ${faults}]]${faults.replaceAll(/\S+/g, "[[fault:$&]]")}`,
  ...(account === "xingchao" ? { model: "seedance-2.0-pro", resolution: "720p" } : { resolution: "480p" }),
  seconds: 4,
});
const rows = (faults: readonly string[]) => everyAccount.flatMap((account) => faults.map((fault) => row(account, fault)));

test("a success in another case, in another word, in a foreign word, after a preview: kept, one task each", async () => {
  await using system = await startTestSystem({ accounts, simulator: { limits: "off" } });
  const ids = await system.enqueue(rows(["status-upper", "status-synonym", "status-foreign", "preview-first"]));
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state, attempt }) => [state, attempt])).toEqual(ids.map(() => ["succeeded", 1]));
  await expectOneTaskEach(system, ids.length);
});

async function expectOneTaskEach(system: TestSystem, count: number): Promise<void> {
  const { tasks, duplicates } = await system.bill();
  expect([tasks, duplicates]).toEqual([count, []]);
  expect(await contradictions(system)).toEqual([]);
}
