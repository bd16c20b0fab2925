import { startSimulator } from "@reelqueue/simulator";
import { simulatorBaseUrl, simulatorProviders } from "@reelqueue/system/testing";
import { freePort } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { type OddId, startRenamingProxy } from "./renaming-proxy.ts";
import { contradictions, startTestSystem } from "./system.ts";

const asText = (plain: string): OddId => ({ plain, json: JSON.stringify(plain) });
/** Digits beyond the range of a number, bare and as a string; reserved characters; the maximum length. */
const ids = simulatorProviders.flatMap((name, at): OddId[] => [
  { plain: `9007199254740993${at}0001`, json: `9007199254740993${at}0001` },
  asText(`000900719925474099300${at}`),
  asText(`${name}/../?a=b&c#d%2F+ "'\\:{reel}:*\n\t字🐸`),
  asText(`${name}${"é".repeat(256 - name.length)}`),
]);

test("odd task ids: kept byte for byte from the POST answer through Redis to every poll", async () => {
  await using simulator = await startSimulator({
    clockFactor: 60,
    outputs: "tiny",
    limits: "off",
    port: await freePort(),
  });
  const left = [...ids];
  await using proxy = await startRenamingProxy(simulator.url, () => left.pop() ?? asText("one too many"));
  const names = simulatorProviders;
  const account = (name: string) => ({
    baseUrl: simulatorBaseUrl(proxy.url, name),
    limits: { requestsPerMinute: 6_000 },
  });
  await using system = await startTestSystem({
    accounts: Object.fromEntries(names.map((name) => [name, account(name)])),
  });
  const rows = names.flatMap((name) => Array(4).fill(row(name)));
  const rested = await system.waitForRest(await system.enqueue(rows));
  expect(rested.map(({ state }) => state)).toEqual(rows.map(() => "succeeded"));
  expect(rested.map(({ taskId }) => taskId).sort()).toEqual(ids.map(({ plain }) => plain).sort());
  expect(await contradictions(system)).toEqual([]);
});

function row(account: string) {
  const isXingchao = account === "xingchao";
  const model = isXingchao ? ("seedance-2.0-pro" as const) : ("seedance-2.0" as const);
  return { account, model, prompt: "a tide pool", resolution: isXingchao ? ("720p" as const) : ("480p" as const) };
}
