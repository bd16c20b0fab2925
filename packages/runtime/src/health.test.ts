import { createServer } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { type HealthOptions, serveHealth } from "./health.ts";
import { createMetrics } from "./metrics.ts";
import { createWatchdog } from "./watchdog.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
  vi.useRealTimers();
});

async function served(options: Partial<HealthOptions> = {}) {
  const ready = async () => ({ ok: true, reasons: [] });
  const health = await serveHealth({ port: 0, ready, metrics: createMetrics(), ...options });
  opened.push(health);
  return async (path: string, init?: RequestInit) => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`, init);
    return { status: answer.status, body: await answer.text() };
  };
}

test("/readyz: red with its reasons, also if the check itself fails", async () => {
  const red = await served({ ready: async () => ({ ok: false, reasons: ["Redis evicts keys: set noeviction"] }) });
  expect(await red("/readyz")).toEqual({
    status: 503,
    body: '{"ok":false,"reasons":["Redis evicts keys: set noeviction"]}',
  });
  const broken = await served({ ready: () => Promise.reject(new Error("no route")) });
  expect(await broken("/readyz")).toMatchObject({ status: 503, body: expect.stringContaining("no route") });
  const green = await served();
  expect(await green("/readyz")).toEqual({ status: 200, body: '{"ok":true,"reasons":[]}' });
});

test("/healthz: red without progress, green again with progress", async () => {
  const watchdog = { ok: () => true, silentMs: () => 61_000, beat: () => undefined, [Symbol.dispose]: () => undefined };
  const ask = await served({ watchdog });
  expect((await ask("/healthz")).status).toBe(200);
  watchdog.ok = () => false;
  expect(await ask("/healthz")).toEqual({ status: 503, body: '{"ok":false,"reasons":["no progress for 61 s"]}' });
});

test("/metrics: own metrics and the event loop delay, under one prefix", async () => {
  const metrics = createMetrics();
  metrics.counter("submits_total", "POSTs sent", ["account"]).inc({ account: "hiapi" });
  metrics.gauge("due", "due tasks").set(3);
  metrics.histogram("poll_seconds", "one look", [0.1, 1]).observe(0.5);
  const { status, body } = await (await served({ metrics }))("/metrics");
  expect(status).toBe(200);
  expect(body).toContain('reelqueue_submits_total{account="hiapi"} 1');
  expect(body).toContain("reelqueue_due 3");
  expect(body).toContain('reelqueue_poll_seconds_bucket{le="1"} 1');
  expect(body).toMatch(/reelqueue_nodejs_eventloop_lag_p99_seconds [0-9.]+/);
  expect(body.split("\n").filter((line) => line && !line.startsWith("#") && !line.startsWith("reelqueue_"))).toEqual(
    [],
  );
});

test("other paths answer 404, other methods 405", async () => {
  const ask = await served();
  expect((await ask("/")).status).toBe(404);
  expect((await ask("/healthz", { method: "POST" })).status).toBe(405);
});

test("a port in use: the StartError names it and what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await expect(served({ port, variable: "HEALTH_PORT" })).rejects.toThrow(
    `port ${port} is in use; set HEALTH_PORT or stop the other process`,
  );
  other.close();
});

test("watchdog: red after the limit, expired later, green again after a beat", () => {
  vi.useFakeTimers();
  const onExpired = vi.fn();
  using watchdog = createWatchdog({ limitMs: 60_000, exitAfterMs: 30_000, onExpired });
  vi.advanceTimersByTime(59_000);
  watchdog.beat();
  vi.advanceTimersByTime(59_999);
  expect(watchdog.ok()).toBe(true);
  vi.advanceTimersByTime(1);
  expect(watchdog.ok()).toBe(false);
  vi.advanceTimersByTime(29_999);
  watchdog.beat();
  expect(watchdog.ok()).toBe(true);
  vi.advanceTimersByTime(89_999);
  expect(onExpired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onExpired.mock.calls).toEqual([[90_000]]);
});

test("watchdog: never expires once disposed", () => {
  vi.useFakeTimers();
  const onExpired = vi.fn();
  const watchdog = createWatchdog({ onExpired });
  vi.advanceTimersByTime(60_000);
  watchdog[Symbol.dispose]();
  vi.advanceTimersByTime(600_000);
  expect(onExpired).not.toHaveBeenCalled();
});
