import * as ledger from "@reelqueue/ledger";
import { callback } from "@reelqueue/pipeline";
import { callbackToken } from "@reelqueue/pipeline/testing";
import { startSimulator } from "@reelqueue/simulator";
import { simulatorBaseUrl } from "@reelqueue/system/testing";
import { eventually, freePort } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { startRenamingProxy } from "./renaming-proxy.ts";
import { contradictions, startTestSystem, type TestSystem, untilAll } from "./system.ts";

const coming = Array.from({ length: 59 }, (_, i) => `coming-${i}`);
const row = { account: "ark", prompt: "a tide pool", resolution: "480p" as const, seconds: 4 };

test("one genuine token names 59 coming task ids: all 59 submits bind, no orphan", async () => {
  await using simulator = await startSimulator({
    clockFactor: 180,
    outputs: "tiny",
    limits: "off",
    port: await freePort(),
  });
  const left = ["first", ...coming].reverse();
  const nextId = (plain = left.pop() ?? "one too many") => ({ plain, json: JSON.stringify(plain) });
  await using proxy = await startRenamingProxy(simulator.url, nextId);
  const ark = {
    baseUrl: simulatorBaseUrl(proxy.url, "ark"),
    limits: { requestsPerMinute: 6_000, inFlight: 60 },
    sharedKey: true,
  };
  // a lost answer would be resolved by the list, which has the ids of the simulator
  await using system = await startTestSystem({ accounts: { ark }, apps: [] });
  await system.start("submitter+poller", { LEASES: "patient" });
  const [first = ""] = await system.enqueue([row]);
  const isBound = async () => (await system.get([first]))[0]?.taskId === "first";
  await eventually(isBound, { describe: "the first generation has its task" });
  for (const taskId of coming) await callBack(system, first, taskId);

  const ids = await system.enqueue(coming.map(() => row));
  const bound = await eventually(
    untilAll(ids, ({ taskId }) => taskId !== undefined, system.installation),
    {
      describe: "every submit binds",
      timeoutMs: 150_000,
    },
  );
  expect(bound.map(({ taskId }) => taskId).sort()).toEqual(coming.toSorted());
  expect(bound.flatMap(({ timeline }) => timeline.filter(({ state }) => state === "unknown"))).toEqual([]);
  const { cell } = system.installation;
  const areLookedUp = async () => (await ledger.countNamedTasks(cell, "ark")) === 0;
  await eventually(areLookedUp, { describe: "every named task is looked up" });
  expect(await ledger.orphans(cell)).toEqual([]);
  expect(await contradictions(system)).toEqual([]);
});

async function callBack({ installation }: TestSystem, generation: string, taskId: string): Promise<void> {
  const token = callbackToken(installation.secrets.callbackKey, { account: "ark", generation, attempt: 1 });
  const raw = Buffer.from(JSON.stringify({ id: taskId, status: "running" }));
  expect(await callback({ account: "ark", token, raw, headers: {} }, installation)).toEqual({ kind: "heard" });
}
