import { expect, test } from "vitest";
import { spawnApp } from "./processes.ts";

test("spawnApp: starts an app on a free port; `ready` waits for its health; `kill` ends it", async () => {
  const app = await spawnApp("simulator", {});
  await app.ready();
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  app.kill();
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("spawnApp: `ready` rejects with the output of an app that exits first", async () => {
  const app = await spawnApp("simulator", { SIMULATOR_CLOCK_FACTOR: "fast" });
  await expect(app.ready()).rejects.toThrow(/simulator ended \(1\) before it was healthy:\s+SIMULATOR_CLOCK_FACTOR/);
});
