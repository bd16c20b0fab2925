import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OpenWorker, serveWorker } from "./serve-worker.ts";
import { StartError } from "./start-error.ts";

let scope: AsyncDisposableStack;
beforeEach(() => {
  scope = new AsyncDisposableStack();
});
afterEach(() => scope.disposeAsync());

const ready = async () => ({ ok: true, reasons: [] });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address ? address.port : 0;
}

async function served(open: OpenWorker) {
  const port = await freePort();
  const serving = serveWorker(scope, { port, host: "127.0.0.1" }, open);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
  return { serving, ask };
}

test("health is red while a worker opens, and green once it is open", async () => {
  const { promise: opened, resolve: finishOpening } = Promise.withResolvers<void>();
  const { promise: called, resolve: call } = Promise.withResolvers<void>();
  const { serving, ask } = await served(async () => {
    call();
    await opened;
    return { ready };
  });
  await called;
  expect(await ask("/readyz")).toEqual({ status: 503, body: '{"ok":false,"reasons":["the worker is starting"]}' });
  expect((await ask("/healthz")).status).toBe(503);
  finishOpening();
  await serving;
  expect((await ask("/readyz")).status).toBe(200);
  expect((await ask("/healthz")).status).toBe(200);
});

test("health shows a watchdog that is red, and the metrics of the worker", async () => {
  const { serving, ask } = await served(async (metrics) => {
    metrics.gauge("due", "due tasks").set(3);
    return { ready, watchdog: { ok: () => false, silentMs: () => 61_000 } };
  });
  await serving;
  expect(await ask("/healthz")).toEqual({ status: 503, body: '{"ok":false,"reasons":["no progress for 61 s"]}' });
  const { body } = await ask("/metrics");
  expect(body).toMatch(/^reelqueue_due 3$/m);
  expect(body).toMatch(/^reelqueue_nodejs_eventloop_lag_p99_seconds /m);
});

test("a worker that cannot open fails its start", async () => {
  const { serving } = await served(() => Promise.reject(new StartError("Redis is away", { passing: true })));
  await expect(serving).rejects.toThrow("Redis is away");
});
