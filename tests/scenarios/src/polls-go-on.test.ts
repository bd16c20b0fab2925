import type { GenerationInput } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { retry } from "@reelqueue/pipeline";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

const hour = 3_600_000;
const accounts = { ark: {}, toapis: {}, xingchao: {} };
const everyAccount = ["ark", "toapis", "xingchao", "hiapi", "jiekou"];

/** A row whose marker names its account and faults. */
const row = (account: string, faults: string): GenerationInput => ({
  account,
  prompt: `a kite [[marker:${account} ${faults}]]${faults.replaceAll(/\S+/g, "[[fault:$&]]")}`,
  ...(account === "xingchao" ? { model: "seedance-2.0-pro", resolution: "720p" } : { resolution: "480p" }),
  seconds: 4,
});
const rows = (faults: readonly string[]) =>
  everyAccount.flatMap((account) => faults.map((fault) => row(account, fault)));

test("a success in another case, in another word, in a foreign word, after a preview: kept, one task each", async () => {
  await using system = await startTestSystem({ accounts, simulator: { limits: "off" } });
  const ids = await system.enqueue(rows(["status-upper", "status-synonym", "status-foreign", "preview-first"]));
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state, attempt }) => [state, attempt])).toEqual(ids.map(() => ["succeeded", 1]));
  await expectOneTaskEach(system, ids.length);
});

test("relative URLs: every video is kept, one task each", async () => {
  await using system = await startTestSystem({ accounts });
  const ids = await system.enqueue(rows(["success-relative-url"]));
  expect((await system.waitForRest(ids)).map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  await expectOneTaskEach(system, ids.length);
});

test("answers that cannot be used: given up at the age limit, without a slot; a retry once they are usable keeps the video", async () => {
  await using system = await startTestSystem({
    simulator: { clockFactor: 1_800, fileOutageMs: 10_000 * hour, limits: "off" },
  });
  const ids = await system.enqueue(
    ["hiapi", "jiekou"].flatMap((account) => [row(account, "success-no-url-ever"), row(account, "poll-odd-shape")]),
  );
  const lost = await system.waitForRest(ids);
  expect(lost.map(({ state, failure }) => [state, failure?.class])).toEqual(ids.map(() => ["failed", "output_lost"]));
  for (const { failure } of lost)
    expect(failure?.message).toMatch(/^given up after 120 min; last answer: Nothing usable/);
  for (const account of ["hiapi", "jiekou"])
    expect((await ledger.accountStatus(system.installation.cell, account)).inFlight).toBe(0);
  await fetch(`${system.simulator.url}/simulator/outages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on: false }),
  });
  const answers = await Promise.all(ids.map((id) => retry(id, system.installation)));
  expect(answers.map(({ kind }) => kind)).toEqual(ids.map(() => "downloading"));
  expect((await system.waitForRest(ids)).map(({ state, attempt }) => [state, attempt])).toEqual(
    ids.map(() => ["succeeded", 1]),
  );
  await expectOneTaskEach(system, ids.length);
});

async function expectOneTaskEach(system: TestSystem, count: number): Promise<void> {
  const { tasks, duplicates } = await system.bill();
  expect([tasks, duplicates]).toEqual([count, []]);
  expect(await contradictions(system)).toEqual([]);
}
