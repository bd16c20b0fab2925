import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** A real process that runs `body` as its start; `step(text)` reports to the test. */
function runProcess(body: string, options = "{}", env: NodeJS.ProcessEnv = {}) {
  const script = `
    import { run, StartError, createLogger } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
    const step = (text) => console.error("step:" + text);
    const closable = (name, close = () => {}) => ({ name, async [Symbol.asyncDispose]() { step("close " + name); await close(); } });
    await run(async (scope) => { ${body} }, ${options});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
  const exited = once(child, "exit").then(([code]: unknown[]) => code);
  return {
    child,
    exited,
    printed: () => printed,
    steps: () => [...printed.matchAll(/step:(.*)/g)].map((match) => match[1]),
    shown: (text: string) => vi.waitFor(() => expect(printed).toContain(text), { timeout: 10_000 }),
  };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s: closes in reverse order and exits 0", async (signal) => {
  const { child, exited, steps, shown } = runProcess(`
    scope.use(closable("store")); scope.defer(() => step("close queue")); scope.use(closable("worker")); step("open");`);
  await shown("step:open");
  child.kill(signal);
  expect(await exited).toBe(0);
  expect(steps()).toEqual(["open", "close worker", "close queue", "close store"]);
});

test("grace period exceeded: logs what hangs and what was not closed, and exits 1", async () => {
  const { child, exited, printed, shown } = runProcess(
    `scope.use(closable("store")); scope.use(closable("redis", () => new Promise(() => {}))); scope.use(closable("worker")); step("open");`,
    "{ graceMs: 200 }",
  );
  await shown("step:open");
  child.kill("SIGTERM");
  expect(await exited).toBe(1);
  expect(printed()).toMatch(/not closed within 200 ms: redis .*hangs; never reached: store/);
});

test("a failed close is logged, the others still close, and the exit code is 1", async () => {
  const { child, exited, printed, steps, shown } = runProcess(`
    scope.use(closable("store")); scope.use(closable("redis", () => { throw new Error("no route"); })); step("open");`);
  await shown("step:open");
  child.kill("SIGTERM");
  expect(await exited).toBe(1);
  expect(steps()).toEqual(["open", "close redis", "close store"]);
  expect(printed()).toContain("no route");
});

test("second signal: exits 1 at once", async () => {
  const { child, exited, shown } = runProcess(
    `scope.use(closable("worker", () => new Promise(() => {}))); step("open");`,
  );
  await shown("step:open");
  child.kill("SIGTERM");
  await shown("step:close worker");
  child.kill("SIGTERM");
  expect(await exited).toBe(1);
});

test("one Ctrl-C delivered twice, by the terminal and a launcher: closes in order", async () => {
  const { child, exited, steps, shown } = runProcess(`
    scope.use(closable("worker", () => {
      process.kill(process.pid, "SIGINT");
      return new Promise((done) => setTimeout(done, 300));
    }));
    step("open");`);
  await shown("step:open");
  child.kill("SIGINT");
  expect(await exited).toBe(0);
  expect(steps()).toEqual(["open", "close worker"]);
});

test("StartError at the start: closes what is open, prints only the message", async () => {
  const { exited, printed } = runProcess(`scope.use(closable("store")); throw new StartError("set REDIS_URL");`);
  expect(await exited).toBe(1);
  expect(printed()).toBe("set REDIS_URL\nstep:close store\n");
});

test("any other error at the start: logged with its stack, exits 1", async () => {
  const { exited, printed } = runProcess(`throw new TypeError("boom");`);
  expect(await exited).toBe(1);
  expect(printed()).toMatch(/"level":"fatal".*TypeError: boom\\n.* at .*start failed/);
});

test.each([
  ["an exception that nothing caught", `setTimeout(() => { throw new Error("boom"); });`],
  ["a rejection that nothing handled", `void Promise.reject(new Error("boom"));`],
])("%s is logged and exits 1", async (_what, body) => {
  const { exited, printed } = runProcess(`${body} scope.use(closable("store"));`);
  expect(await exited).toBe(1);
  expect(printed()).toMatch(/"level":"fatal".*Error: boom/);
});

test("signal during a hanging start: closes what is open", async () => {
  const { child, exited, steps, shown } = runProcess(`
    scope.use(closable("store")); step("connecting"); await new Promise(() => {});`);
  await shown("step:connecting");
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  expect(steps()).toEqual(["connecting", "close store"]);
});

test("a process that is killed after its start has stored its compile cache", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reelqueue-compiled-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { child, exited, shown } = runProcess(`setImmediate(() => step("started"));`, "{}", {
    NODE_COMPILE_CACHE: folder,
  });
  await shown("step:started");
  child.kill("SIGKILL");
  expect(await exited).toBe(null);
  expect(readdirSync(folder, { recursive: true }).length).toBeGreaterThan(10);
});
