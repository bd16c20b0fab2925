import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, sharedRedis, spawnApp, uniqueCell } from "@reelqueue/testing";
import { afterAll, expect, test } from "vitest";

const home = mkdtempSync(join(tmpdir(), "reelqueue-api-start-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function start(changes: Record<string, string> = {}, config: object = {}) {
  const path = join(home, `${uniqueCell()}.json`);
  writeFileSync(path, JSON.stringify({ cell: uniqueCell(), ...config }));
  return spawnApp("api", { REDIS_URL: await sharedRedis(), REELQUEUE_HOME: home, REELQUEUE_CONFIG: path, ...changes });
}

test("the API starts, answers, and ends with 0 on SIGTERM", async () => {
  const app = await start();
  await app.ready();
  app.kill("SIGTERM");
  expect(await app.exited).toEqual({ code: 0, signal: null });
});

test("a port in use: one sentence", async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const app = await start({ PORT: `${port}`, LOG_LEVEL: "silent" });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(app.logs()).toBe(`port ${port} is in use; set PORT or stop the other process\n`);
  server.close();
});

test("wrong variables: one sentence each", async () => {
  const app = await start({ PORT: "many", PUBLIC_URL: "ftp://x", LOG_LEVEL: "loud" });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(app.logs()).toMatch(/PUBLIC_URL.*\n.*LOG_LEVEL.*\n.*PORT/);
  expect(app.logs()).not.toMatch(/\bat .*\.ts:\d+/);
});

test("Redis unavailable: one sentence", async () => {
  const app = await start({ REDIS_URL: `redis://user:secret@127.0.0.1:${await freePort()}`, LOG_LEVEL: "silent" });
  expect(await app.exited).toEqual({ code: 1, signal: null });
  expect(app.logs()).toMatch(/^Redis cannot be reached: .*REDIS_URL.*\n$/);
  expect(app.logs()).not.toContain("secret");
});
