import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type GenerationInput, generationRequest, modeOf } from "@reelqueue/contracts";
import { providers } from "@reelqueue/providers";
import { simulatorProviders } from "@reelqueue/system/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

const folder = join(import.meta.dirname, "../../../examples/modes");

test("examples: every mode of every provider has a row tagged with its mode", () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(providers)
      .map((name) => `${name}.jsonl`)
      .sort(),
  );
  for (const [name, { capabilities }] of Object.entries(providers)) {
    const rows = rowsOf(name, "http://simulator.example");
    const modes = rows.map((row) => modeOf(generationRequest.parse(row)));
    expect([...new Set(modes)].sort()).toEqual([...capabilities.modes].sort());
    expect(modes).toEqual(rows.map(({ tags }) => tags?.[0]));
    expect(rows.some(({ videos = [] }) => videos.length > 0)).toBe(true);
    expect(rows.some(({ audios = [] }) => audios.length > 0)).toBe(true);
  }
});

test("examples: every row succeeds at its provider, one charge each", async () => {
  const names = simulatorProviders;
  const limits = { inFlight: 50, requestsPerMinute: 3_000 };
  await using system = await startTestSystem({
    simulator: { limits: "off" },
    accounts: Object.fromEntries(names.map((name) => [name, { limits }])),
  });
  const rows = names.flatMap((name) => rowsOf(name, system.simulator.url));
  const rested = await system.waitForRest(await system.enqueue(rows));
  const notSucceeded = rested.filter(({ state }) => state !== "succeeded");
  expect(notSucceeded.map(({ request, state, failure }) => ({ request, state, failure }))).toEqual([]);
  const { tasks, charges, refunds } = await system.bill();
  expect({ tasks, charges, refunds }).toEqual({ tasks: rows.length, charges: rows.length, refunds: 0 });
  expect(await contradictions(system)).toEqual([]);
});

/** The rows as the command line sends them, with the URL of the simulator and absolute file paths. */
function rowsOf(provider: string, simulatorUrl: string): GenerationInput[] {
  const lines = readFileSync(join(folder, `${provider}.jsonl`), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const text = line
      .replaceAll("{{SIMULATOR_URL}}", simulatorUrl)
      .replaceAll("../media/", `${join(folder, "../media")}/`);
    return JSON.parse(text) as GenerationInput;
  });
}
