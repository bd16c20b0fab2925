import type { GenerationInput } from "@reelqueue/contracts";
import { retry } from "@reelqueue/pipeline";
import { expect, test } from "vitest";
import { contradictions, startTestSystem, type TestSystem } from "./system.ts";

const hour = 3_600_000;
const accounts = { ark: {}, toapis: {} };

/** A row whose marker names its account and faults. */
const row = (account: string, faults: string, more: GenerationInput = {}) => ({
  account,
  prompt: `a kite [[marker:${account} ${faults}]]${faults.replaceAll(/\S+/g, "[[fault:$&]]")}`,
  resolution: "480p" as const,
  seconds: 4,
  ...more,
});

const outages = ["file-404", "file-503", "file-page", "file-reset", "url-expired read-500"];

test("files and reads fail for 20 h of the 24 h that results live: every video is kept, one task each", async () => {
  await using system = await startTestSystem({
    accounts,
    simulator: { clockFactor: 3_600, fileOutageMs: 20 * hour, limits: "off" },
  });
  const ids = await system.enqueue(
    ["ark", "toapis", "hiapi", "jiekou"].flatMap((account) => outages.map((fault) => row(account, fault))),
  );
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state, attempt }) => [state, attempt])).toEqual(ids.map(() => ["succeeded", 1]));
  await expectOneTaskEach(system, ids.length);
});

test("a file is away for longer than results live: lost with its last answer; a retry once it is back keeps it", async () => {
  await using system = await startTestSystem({
    simulator: { clockFactor: 7_200, fileOutageMs: 10_000 * hour, urlLifeMs: 20 * hour, limits: "off" },
  });
  const ids = await system.enqueue([row("jiekou", "file-404"), row("jiekou", "file-page")]);
  const lost = await system.waitForRest(ids);
  expect(lost.map(({ state, failure }) => [state, failure?.class])).toEqual(ids.map(() => ["failed", "output_lost"]));
  expect(lost.map(({ failure }) => failure?.message)).toEqual([
    expect.stringContaining("answers 404"),
    expect.stringContaining("a text such as HTML"),
  ]);
  await fetch(`${system.simulator.url}/simulator/outages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on: false }),
  });
  const answers = await Promise.all(ids.map((id) => retry(id, system.installation)));
  expect(answers.map(({ kind }) => kind)).toEqual(["downloading", "downloading"]);
  expect((await system.waitForRest(ids)).map(({ state, attempt }) => [state, attempt])).toEqual([
    ["succeeded", 1],
    ["succeeded", 1],
  ]);
  await expectOneTaskEach(system, 2);
});

test("a dead last frame, a foreign image, a dead second video: succeeded, one file, one warning, one task", async () => {
  await using system = await startTestSystem({ accounts });
  const frame = { returnLastFrame: true };
  const ids = await system.enqueue([
    ...["ark", "toapis", "hiapi", "jiekou"].flatMap((account) => [
      row(account, "last-frame-404", frame),
      row(account, "last-frame-page", frame),
      row(account, "unasked-frame"),
    ]),
    ...["hiapi", "jiekou"].map((account) => row(account, "second-video-404")),
  ]);
  for (const { state, outputs, warnings = [], request } of await system.waitForRest(ids)) {
    const marker = request.prompt ?? "";
    expect([marker, state, outputs.map(({ kind }) => kind)]).toEqual([marker, "succeeded", ["video"]]);
    expect([marker, warnings.length]).toEqual([marker, marker.includes("unasked") ? 0 : 1]);
  }
  await expectOneTaskEach(system, ids.length);
});

test("files that want the API key, URLs written as in a web page: every video is kept at each provider", async () => {
  await using system = await startTestSystem({ accounts: { ...accounts, xingchao: {} } });
  const ids = await system.enqueue(
    ["ark", "toapis", "hiapi", "jiekou", "xingchao"].flatMap((account) => {
      const more = account === "xingchao" ? ({ model: "seedance-2.0-pro", resolution: "720p" } as const) : {};
      return ["file-needs-key", "url-amp"].map((fault) => row(account, fault, more));
    }),
  );
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  await expectOneTaskEach(system, ids.length);
});

async function expectOneTaskEach(system: TestSystem, count: number): Promise<void> {
  const { tasks, duplicates } = await system.bill();
  expect([tasks, duplicates]).toEqual([count, []]);
  expect(await contradictions(system)).toEqual([]);
}
