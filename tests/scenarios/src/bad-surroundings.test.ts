import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "@reelqueue/simulator";
import { eventually, freePort } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

const row = { account: "jiekou", prompt: "a crab digs [[marker:m]]", resolution: "480p" as const, seconds: 4 };

test("provider down: generations stay queued, not charged, and continue when it is back", async () => {
  const port = await freePort();
  await using world = await startWorld({ accounts: { jiekou: { baseUrl: `http://127.0.0.1:${port}/jiekou` } } });
  const ids = await world.enqueue([row, { ...row, prompt: "a crab waits" }]);
  await eventually(async () => (await world.get(ids)).every(({ waiting }) => waiting?.startsWith("tried again in")), {
    describe: "both wait",
  });
  const notes = (await world.get(ids))[0]?.timeline.map(({ note }) => note) ?? [];
  expect(notes.some((note) => note?.startsWith("not sent: ") && note.includes("ECONNREFUSED"))).toBe(true);
  const simulator = await startSimulator({ port, clockFactor: 60, outputs: "tiny" });
  try {
    expect((await world.rested(ids)).map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    const bill = (await (await fetch(`${simulator.url}/simulator/ledger`)).json()) as { charges: number };
    expect(bill.charges).toBe(2);
    expect(await contradictions(world)).toEqual([]);
  } finally {
    await simulator.close();
  }
});

test("full disk: the paid video waits in finalizing with a log entry and is stored once there is room", async () => {
  await using world = await startWorld({ apps: ["submitter", "poller"] });
  const config = join(world.home, "reelqueue.config.json");
  const full = join(world.home, "full.config.json");
  writeFileSync(
    full,
    JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), outputs: { minFreeBytes: 2 ** 52 } }),
  );
  const stuck = await world.start("finalizer", { REELQUEUE_CONFIG: full });
  const ids = await world.enqueue([row]);
  await eventually(() => stuck.logs().includes("the disk is full"), {
    describe: "the log says so",
    timeoutMs: 120_000,
  });
  expect((await world.get(ids))[0]?.state).toBe("finalizing");
  stuck.kill();
  await stuck.exited;
  await world.start("finalizer#2");
  const [rested] = await world.rested(ids);
  expect(rested).toMatchObject({ state: "succeeded", outputs: [{ kind: "video" }] });
  expect(await contradictions(world)).toEqual([]);
});

test.each([
  ["Redis is away", { REDIS_URL: "redis://127.0.0.1:1" }, "Redis cannot be reached"],
  ["a variable is wrong", { REDIS_URL: "somewhere" }, "REDIS_URL"],
  ["a key is missing", { SIMULATOR_KEY: "" }, "SIMULATOR_KEY"],
])(
  "worker start: fails because %s → plain message, no stack",
  async (_, env, words) => {
    await using world = await startWorld({ apps: [] });
    const app = await world.startApp("submitter", env).catch((error: Error) => error);
    expect(app).toBeInstanceOf(Error);
    const said = app instanceof Error ? app.message : "";
    expect(said).toContain(words);
    expect(said).not.toMatch(/\n\s+at /);
  },
  300_000,
);

test("worker start: port in use → the message names the port", async () => {
  await using world = await startWorld({ apps: ["submitter"] });
  const taken = new URL(world.apps.get("submitter")?.url ?? "").port;
  await world.startApp("poller", { HEALTH_PORT: taken }).catch(() => {});
  await eventually(() => /port \d+ is in use/.test(world.apps.get("poller")?.logs() ?? ""), { describe: "it says so" });
});
