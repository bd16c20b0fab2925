import { flushCompileCache } from "node:module";
import { createLogger, type Logger } from "./logger.ts";
import { StartError } from "./start-error.ts";

export interface RunOptions {
  /** Grace period: how long closing may take after SIGTERM. The default lets a POST in flight end. */
  graceMs?: number;
  log?: Logger;
}

/**
 * Runs one process: `start` opens resources in order; SIGTERM or SIGINT closes them in reverse order and exits 0.
 * Exits 1 if closing fails or exceeds the grace period (logging what hangs), on a second signal, if `start` rejects,
 * and on an uncaught error.
 */
export async function run(
  start: (scope: AsyncDisposableStack) => void | Promise<void>,
  { graceMs = 75_000, log = createLogger({ name: "reelqueue" }) }: RunOptions = {},
): Promise<never> {
  exitOnFault(log);
  // a pending signal handler does not keep the process alive
  setInterval(() => undefined, 60_000);
  const told = toldToStop(log);
  const scope = new TrackedScope();
  try {
    await Promise.race([start(scope), told]);
    // Node writes it at an exit, but not when the process is killed
    flushCompileCache();
  } catch (error) {
    tell(error, log);
    await closeWithin(scope, graceMs, log);
    return process.exit(1);
  }
  await told;
  return process.exit((await closeWithin(scope, graceMs, log)) ? 0 : 1);
}

/** After an uncaught error the state of the process is unknown: it exits, and leases and due times give its work to others. */
function exitOnFault(log: Logger): void {
  const exit = (err: unknown, origin: string) => {
    try {
      log.fatal({ event: "process.failed", err }, origin);
    } finally {
      process.exit(1);
    }
  };
  process.on("uncaughtException", exit);
  process.on("unhandledRejection", (reason) => exit(reason, "unhandledRejection"));
}

/** A launcher that forwards Ctrl-C delivers one keystroke twice. */
const oneKeystrokeMs = 200;

function toldToStop(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let toldAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (toldAtMs === undefined) {
      toldAtMs = performance.now();
      log.info({ event: "process.stopping", signal }, "stopping");
      resolve();
    } else if (signal !== "SIGINT" || performance.now() - toldAtMs > oneKeystrokeMs) {
      log.warn({ event: "process.killed", signal }, "second signal: exiting at once");
      process.exit(1);
    }
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return promise;
}

function tell(error: unknown, log: Logger): void {
  if (error instanceof StartError) process.stderr.write(`${error.message}\n`);
  else log.fatal({ event: "process.not_started", err: error }, "start failed");
}

/** Closes everything in reverse order. False if something fails or exceeds the grace period; the log names it. */
async function closeWithin(scope: TrackedScope, graceMs: number, log: Logger): Promise<boolean> {
  const { promise: expired, resolve: expire } = Promise.withResolvers<"expired">();
  const timer = setTimeout(() => expire("expired"), graceMs);
  try {
    if ((await Promise.race([scope.disposeAsync(), expired])) !== "expired") return true;
    log.error(
      { event: "process.not_closed" },
      `not closed within ${graceMs} ms: ${scope.closing ?? "nothing"} hangs; never reached: ${scope.unreached}`,
    );
  } catch (error) {
    log.error({ event: "process.close_failed", err: error }, "closing failed");
  } finally {
    clearTimeout(timer);
  }
  return false;
}

type Closable = AsyncDisposable | Disposable;

/** An AsyncDisposableStack that names what it is closing and what it has not closed yet. A resource opened after that is closed at once. */
class TrackedScope extends AsyncDisposableStack {
  readonly #open: string[] = [];
  #closing: string | undefined;

  /** The resource that is being closed. */
  get closing(): string | undefined {
    return this.#closing;
  }

  /** The resources that are still open, as one phrase. */
  get unreached(): string {
    return this.#open.join(", ") || "nothing";
  }

  override use<T extends Closable | null | undefined>(value: T): T {
    if (value === null || value === undefined) return super.use(value);
    const close = closerOf(value);
    this.#track(nameOf(value), close);
    return value;
  }

  override adopt<T>(value: T, close: (value: T) => PromiseLike<void> | void): T {
    this.#track(close.name || nameOf(value), () => close(value));
    return value;
  }

  override defer(close: () => PromiseLike<void> | void): void {
    this.#track(close.name || "closer", close);
  }

  #track(name: string, close: () => PromiseLike<void> | void): void {
    if (this.disposed) void Promise.try(close).catch(() => {});
    const label = `${name}${openedAt()}`;
    super.defer(async () => {
      this.#closing = this.#open.pop();
      await close();
      this.#closing = undefined;
    });
    this.#open.push(label);
  }
}

function closerOf(value: Closable): () => PromiseLike<void> | void {
  if (Symbol.asyncDispose in value) return () => value[Symbol.asyncDispose]();
  if (Symbol.dispose in value) return () => value[Symbol.dispose]();
  throw new TypeError(`${nameOf(value)} cannot be closed: it has neither Symbol.asyncDispose nor Symbol.dispose`);
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  if ("name" in value && typeof value.name === "string" && value.name) return value.name;
  return value.constructor?.name ?? "object";
}

/** File and line of the caller, to name resources without a name of their own. */
function openedAt(): string {
  const lines = new Error().stack?.split("\n") ?? [];
  const caller = lines.slice(1).find((line) => !line.includes(import.meta.url));
  const place = caller?.match(/([^/\\()\s]+:\d+):\d+\)?$/)?.[1];
  return place ? ` (opened at ${place})` : "";
}
