import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serveCells } from "./cells.ts";
import type { OpenCell } from "./kept-cell.ts";
import { createLogger } from "./logger.ts";
import { StartError } from "./start-error.ts";

let home: string;
let scope: AsyncDisposableStack;
let logged: string;
let steps: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "reelqueue-cells-"));
  scope = new AsyncDisposableStack();
  scope.defer(() => rmSync(home, { recursive: true }));
  logged = "";
  steps = [];
});
afterEach(() => scope.disposeAsync());

const green = { ready: async () => ({ ok: true, reasons: [] }) };
const within = { timeout: 5_000, interval: 20 };

function file(name: string, cell = name): string {
  const path = join(home, `${name}.json`);
  writeFileSync(path, JSON.stringify({ cell }));
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address ? address.port : 0;
}

/** Serves cells of these names; `open` gets the name, and what it opens and closes is noted in `steps`. */
async function served(names: string[], open: (name: string, ...rest: Parameters<OpenCell>) => ReturnType<OpenCell>) {
  const port = await freePort();
  const keep = (line: string) => {
    logged += line;
  };
  const log = createLogger({ name: "worker", to: { write: keep } });
  const serving = serveCells(
    scope,
    { configPaths: names.map((name) => file(name)), health: { port, host: "127.0.0.1" }, log },
    async (cellScope, wish) => {
      const name = names.find((each) => wish.configPath.endsWith(`${each}.json`)) ?? "";
      steps.push(`open ${name}`);
      cellScope.defer(() => void steps.push(`close ${name}`));
      return open(name, cellScope, wish);
    },
  );
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
  return { serving, ask };
}

test("a cell that is away at the start keeps no other from its work, and joins them once it is there", async () => {
  let away = true;
  const { serving, ask } = await served(["east", "west"], async (name) => {
    if (name === "east" && away) throw new StartError("Redis is away", { passing: true });
    return green;
  });
  await serving;
  expect((await ask("/healthz")).status).toBe(200);
  expect(await ask("/readyz")).toEqual({ status: 503, body: '{"ok":false,"reasons":["east: Redis is away"]}' });
  expect(logged).toMatch(/"cell":"east".*Redis is away.*the cell cannot be opened; it is tried again in 1 s/);
  away = false;
  await vi.waitFor(async () => expect(await ask("/readyz")).toMatchObject({ status: 200 }), within);
  expect(steps).toEqual(["open east", "open west", "close east", "open east"]);
});

test("a cell that hangs while it is opened holds up no other, and is closed when it comes too late", async () => {
  const { promise: thaw, resolve } = Promise.withResolvers<void>();
  const { ask } = await served(["east", "west"], async (name, cellScope) => {
    if (name === "east") await thaw;
    cellScope.defer(() => void steps.push(`close what ${name} opened last`));
    return green;
  });
  await vi.waitFor(async () => expect((await ask("/healthz")).status).toBe(200), within);
  expect((await ask("/readyz")).body).toBe('{"ok":false,"reasons":["east: it is being opened"]}');
  await scope.disposeAsync();
  expect(steps).not.toContain("close what east opened last");
  resolve();
  await vi.waitFor(() => expect(steps).toContain("close what east opened last"), within);
});

test("a cell that makes no progress any more is closed and opened again, and the others are left alone", async () => {
  const expire = new Map<string, () => void>();
  const { serving, ask } = await served(["east", "west"], async (name, _, wish) => {
    expire.set(name, wish.expired);
    return green;
  });
  await serving;
  expire.get("east")?.();
  await vi.waitFor(async () => expect((await ask("/readyz")).body).toContain("east: it made no progress"), within);
  expect((await ask("/healthz")).status).toBe(200);
  await vi.waitFor(() => expect(steps).toEqual(["open east", "open west", "close east", "open east"]), within);
  await vi.waitFor(async () => expect((await ask("/readyz")).status).toBe(200), within);
});

test("a cell that hangs while it is closed is opened again beside it, and keeps nothing from closing", {
  timeout: 30_000,
}, async () => {
  const { promise: thaw, resolve } = Promise.withResolvers<void>();
  const expire: (() => void)[] = [];
  const { serving } = await served(["east", "west"], async (name, cellScope, wish) => {
    if (name === "east" && expire.length === 0) cellScope.defer(() => thaw);
    if (name === "east") expire.push(wish.expired);
    return green;
  });
  await serving;
  expire[0]?.();
  await vi.waitFor(() => expect(expire).toHaveLength(2), { timeout: 20_000 });
  expect(logged).toMatch(/"cell":"east".*still closing: it is opened again beside that/);
  await scope.disposeAsync();
  expect(steps.slice(3).sort()).toEqual(["close east", "close west"]);
  resolve();
  await vi.waitFor(() => expect(steps.filter((step) => step === "close east")).toHaveLength(2), within);
});

test("/healthz is red only while no cell at all makes progress", async () => {
  const red = new Set(["east"]);
  const { serving, ask } = await served(["east", "west"], async (name) => ({
    ...green,
    watchdog: { ok: () => !red.has(name), silentMs: () => (name === "east" ? 75_000 : 61_000) },
  }));
  await serving;
  expect((await ask("/healthz")).status).toBe(200);
  red.add("west");
  expect(await ask("/healthz")).toEqual({ status: 503, body: '{"ok":false,"reasons":["no progress for 61 s"]}' });
});

test("/readyz names every cell that is not ready, also beside one that does not answer", async () => {
  const { serving, ask } = await served(["east", "north", "west"], async (name) => {
    if (name === "east") return { ready: () => new Promise(() => {}) };
    return name === "north" ? green : { ready: async () => ({ ok: false, reasons: ["Redis evicts keys"] }) };
  });
  await serving;
  expect(JSON.parse((await ask("/readyz")).body)).toEqual({
    ok: false,
    reasons: ["east: the readiness check did not answer within 4 s", "west: Redis evicts keys"],
  });
});

test("/metrics keeps the cells apart, and has what is the process's own once", async () => {
  const { serving, ask } = await served(["east", "west"], async (name, _, { metrics }) => {
    const submits = metrics.counter("submits_total", "POSTs", ["account"]);
    submits.inc({ account: "hiapi" }, name === "east" ? 2 : 3);
    metrics.histogram("poll_seconds", "one look", [1]).observe(0.5);
    return green;
  });
  await serving;
  const lines = (await ask("/metrics")).body.split("\n");
  expect(lines.filter((line) => line.startsWith("reelqueue_submits_total"))).toEqual([
    'reelqueue_submits_total{account="hiapi",cell="east"} 2',
    'reelqueue_submits_total{account="hiapi",cell="west"} 3',
  ]);
  expect(lines).toContain('reelqueue_poll_seconds_count{cell="east"} 1');
  expect(lines.filter((line) => line.startsWith("# TYPE reelqueue_submits_total"))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith("reelqueue_nodejs_eventloop_lag_p99_seconds "))).toHaveLength(1);
});

test("all cells close at the same time, and one that fails is told and keeps no other from closing", async () => {
  const both = Promise.withResolvers<void>();
  let closing = 0;
  const { serving } = await served(["east", "west"], async (name, cellScope) => {
    cellScope.defer(async () => {
      closing += 1;
      if (closing === 2) both.resolve();
      await both.promise;
      if (name === "east") throw new Error("no route");
    });
    return green;
  });
  await serving;
  await expect(scope.disposeAsync()).rejects.toThrow("not closed in order: cell east");
  expect(steps.slice(2).sort()).toEqual(["close east", "close west"]);
  expect(logged).toMatch(/"cell":"east".*no route/);
});

test("what only a person can correct stops the start", async () => {
  const { serving } = await served(["east", "west"], async (name) => {
    if (name === "west") throw new StartError("the key of account west is not set: set it");
    return green;
  });
  await expect(serving).rejects.toThrow("the key of account west is not set");
});

test.each([
  [
    "two files of one cell",
    () => [file("a", "reel"), file("b", "reel")],
    /a\.json and .*b\.json are both of the cell "reel": give one/,
  ],
  [
    "a file that is not there",
    () => [file("a"), join(home, "none.json")],
    /none\.json is not there: write it, or take it out/,
  ],
])("%s: a sentence to act on", async (_what, paths, sentence) => {
  const log = createLogger({ name: "worker", level: "silent" });
  const serving = serveCells(scope, { configPaths: paths(), health: { port: 0 }, log }, async () => green);
  await expect(serving).rejects.toThrow(sentence);
  await expect(serving).rejects.toBeInstanceOf(StartError);
});

test("a single cell that cannot be opened fails the start, and one that expires ends the process", async () => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const failing = await served(["reel"], () => Promise.reject(new StartError("Redis is away", { passing: true })));
  await expect(failing.serving).rejects.toThrow("Redis is away");
  const { serving, ask } = await served(["reel"], async (_name, _scope, wish) => {
    wish.metrics.gauge("due", "due tasks").set(3);
    expect(wish.namedAccountsOnly).toBe(false);
    const ok = () => {
      wish.expired();
      return true;
    };
    return { ...green, watchdog: { ok, silentMs: () => 0 } };
  });
  await serving;
  expect((await ask("/metrics")).body).toMatch(/^reelqueue_due 3$/m);
  expect(exit).not.toHaveBeenCalled();
  expect((await ask("/healthz")).status).toBe(200);
  expect(exit.mock.calls).toEqual([[1]]);
  exit.mockRestore();
});
