import { expect, test } from "vitest";
import { spawnApp } from "./app.ts";

test("starts an app on a free port, waits until it is healthy, and ends it by a signal", async () => {
  const app = await spawnApp("simulator", {});
  await app.ready();
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  app.kill();
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("an app that ends before it is healthy is an error with what it said", async () => {
  const app = await spawnApp("simulator", { SIMULATOR_CLOCK_FACTOR: "fast" });
  await expect(app.ready()).rejects.toThrow(/simulator ended \(1\) before it was healthy:\s+SIMULATOR_CLOCK_FACTOR/);
});
