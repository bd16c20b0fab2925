import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "@reelqueue/simulator";
import { eventually, freePort, simulatorAt } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

const row = { account: "jiekou", prompt: "a crab digs [[marker:m]]", resolution: "480p" as const, seconds: 4 };

test("provider down: generations stay queued, not charged, and continue when it is back", async () => {
  const port = await freePort();
  await using system = await startTestSystem({ accounts: { jiekou: { baseUrl: `http://127.0.0.1:${port}/jiekou` } } });
  const ids = await system.enqueue([row, { ...row, prompt: "a crab waits" }]);
  await eventually(async () => (await system.get(ids)).every(({ waiting }) => waiting?.startsWith("tried again in")), {
    describe: "both wait for a retry",
  });
  const notes = (await system.get(ids))[0]?.timeline.map(({ note }) => note) ?? [];
  expect(notes.some((note) => note?.startsWith("not sent: ") && note.includes("ECONNREFUSED"))).toBe(true);
  const simulator = await startSimulator({ port, clockFactor: 60, outputs: "tiny" });
  try {
    expect((await system.waitForRest(ids)).map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    expect((await simulatorAt(simulator.url).bill()).charges).toBe(2);
    expect(await contradictions(system)).toEqual([]);
  } finally {
    await simulator.close();
  }
});

test("full disk: the paid video waits in finalizing with a log entry and is stored once there is room", async () => {
  await using system = await startTestSystem({ apps: ["submitter+poller"] });
  const config = join(system.home, "config.json");
  const full = join(system.home, "full.config.json");
  writeFileSync(
    full,
    JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), outputs: { minFreeBytes: 2 ** 52 } }),
  );
  const stuck = await system.start("finalizer", { REELQUEUE_CONFIG: full });
  const ids = await system.enqueue([row]);
  await eventually(() => stuck.logs().includes("the disk is full"), {
    describe: "the log reports the full disk",
    timeoutMs: 120_000,
  });
  expect((await system.get(ids))[0]?.state).toBe("finalizing");
  stuck.kill();
  await stuck.exited;
  await system.start("finalizer#2");
  const [rested] = await system.waitForRest(ids);
  expect(rested).toMatchObject({ state: "succeeded", outputs: [{ kind: "video" }] });
  expect(await contradictions(system)).toEqual([]);
});

test.each([
  ["Redis is unavailable", { REDIS_URL: "redis://127.0.0.1:1" }, "Redis cannot be reached"],
  ["a variable is invalid", { REDIS_URL: "somewhere" }, "REDIS_URL"],
  ["a key is missing", { REELQUEUE_SIMULATOR_KEY: "" }, "REELQUEUE_SIMULATOR_KEY"],
])(
  "worker start: fails because %s → plain message, no stack",
  async (_, env, words) => {
    await using system = await startTestSystem({ apps: [] });
    const app = await system.startApp("submitter", env).catch((error: Error) => error);
    expect(app).toBeInstanceOf(Error);
    const said = app instanceof Error ? app.message : "";
    expect(said).toContain(words);
    expect(said).not.toMatch(/\n\s+at /);
  },
  300_000,
);

test("worker start: port in use → the message names the port", async () => {
  await using system = await startTestSystem({ apps: ["submitter"] });
  const taken = new URL(system.apps.get("submitter")?.url ?? "").port;
  await system.startApp("poller", { HEALTH_PORT: taken }).catch(() => {});
  await eventually(() => /port \d+ is in use/.test(system.apps.get("poller")?.logs() ?? ""), {
    describe: "the log names the port",
  });
});
