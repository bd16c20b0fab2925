import type { Generation } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { startSimulator } from "@reelqueue/simulator";
import { simulatorBaseUrl, simulatorProviders } from "@reelqueue/system/testing";
import { type Bill, eventually, freePort, simulatorAt } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { startManglingProxy } from "./mangling-proxy.ts";
import { allInOne, contradictions, startTestSystem, untilAll } from "./system.ts";

/** Rows at each provider; more where a lost answer is escalated to review, because those rows are not polled. */
const countAt = (name: string): number => (withoutLookup.includes(name) ? 330 : 270);

/** The longest run time (2 h) lasts 48 s; a task that gets no usable poll in that time is watched further. */
const clockFactor = 150;

/** Providers without a way to find a lost task: an operator settles it. */
const withoutLookup = ["jiekou", "xingchao"];

test("mangled answers, hundreds at every provider: no worker exits, no wrong result, nothing paid twice", async () => {
  await using simulator = await startSimulator({ clockFactor, outputs: "tiny", limits: "off", port: await freePort() });
  await using proxy = await startManglingProxy(simulator.url, 7);
  const limits = { inFlight: 1_000, requestsPerMinute: 600_000 };
  const names = simulatorProviders;
  const account = (name: string) => ({
    baseUrl: simulatorBaseUrl(proxy.url, name),
    timeScale: clockFactor,
    // In a task list, the task of a lost POST is unique only once the other lost POSTs have found theirs.
    quietMs: (name === "ark" ? 20_000 : 3_000) * clockFactor,
    limits,
  });
  await using system = await startTestSystem({
    accounts: Object.fromEntries(names.map((name) => [name, account(name)])),
    apps: [],
  });
  // no POST may end before it is sent: each row has a task
  await system.start(allInOne, { LEASES: "patient" });
  const rows = names.flatMap((name) => Array.from({ length: countAt(name) }, (_, i) => row(name, `${name}-${i}`)));
  const ids = await system.enqueue(rows);
  const allDone = untilAll(
    ids,
    ({ state }) => ["succeeded", "failed", "needs_review"].includes(state),
    system.installation,
  );
  const ended = await eventually(
    async () => {
      await resumePaused(system.installation.cell);
      return allDone();
    },
    { describe: "every generation rests or needs review", timeoutMs: 200_000, everyMs: 500 },
  );

  for (const name of names)
    expect({ name, mangled: proxy.mangled.get(name) }).toMatchObject({ mangled: expect.toSatisfy((n) => n >= 500) });
  const bill = await simulatorAt(simulator.url).bill();
  expect(bill.duplicates).toEqual([]);
  for (const [i, generation] of ended.entries())
    expectRight(generation, bill.byMarker[rows[i]?.prompt.split(/[:\]]/)[1] ?? ""]);
  for (const app of system.apps.values()) expect(app.logs()).not.toMatch(/uncaughtException|unhandledRejection/);
  expect(await contradictions(system)).toEqual([]);
}, 300_000);

/** What an operator does after ten lost answers in a row, which pause an account without a look-up. */
async function resumePaused(cell: ledger.Cell): Promise<void> {
  for (const name of withoutLookup) {
    const { paused } = await ledger.accountStatus(cell, name);
    if (paused?.includes("answers in a row were lost")) await ledger.resume(cell, name);
  }
}

/** The marker is the key: fixed keys give each row at Ark a mark of its own, and two lost POSTs are never confused. */
function row(account: string, marker: string) {
  const model = account === "xingchao" ? ("seedance-2.0-pro" as const) : ("seedance-2.0" as const);
  const resolution = account === "xingchao" ? ("720p" as const) : ("480p" as const);
  const prompt = `a tide pool [[marker:${marker}]]`;
  return { account, idempotencyKey: marker, model, prompt, resolution, seconds: 4 };
}

function expectRight(
  { id, account, state, taskId, outputs, timeline }: Generation,
  paid: Bill["byMarker"][string] | undefined,
): void {
  expect(paid?.charges, id).toBe(1);
  if (state === "succeeded") {
    expect(paid?.taskIds).toEqual([taskId]);
    expect(outputs[0]?.bytes).toBeGreaterThan(1_000);
  }
  const allowed = withoutLookup.includes(account) ? ["succeeded", "needs_review"] : ["succeeded"];
  expect(allowed, `${account}: ${JSON.stringify(timeline)}`).toContain(state);
}
