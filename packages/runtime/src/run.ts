import { createLogger, type Logger } from "./logger.ts";
import { TrackedScope } from "./scope.ts";
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
