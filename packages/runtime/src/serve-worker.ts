import { type HealthOptions, type Readiness, serveHealth } from "./health.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { Watchdog } from "./watchdog.ts";

/** A worker that is open. */
export interface OpenedWorker {
  ready(): Promise<Readiness>;
  /** Left out: a worker that is open makes progress. */
  watchdog?: Pick<Watchdog, "ok" | "silentMs">;
}

/** Opens in the scope everything a worker needs; its metrics are served from the start. */
export type OpenWorker = (metrics: Metrics) => Promise<OpenedWorker>;

/**
 * Serves `/healthz`, `/readyz` and `/metrics` of a worker, also while it opens, so that a start that hangs is visible.
 * Rejects with the error of `open`.
 */
export async function serveWorker(
  scope: AsyncDisposableStack,
  health: Pick<HealthOptions, "port" | "host" | "variable">,
  open: OpenWorker,
): Promise<void> {
  const startedAtMs = performance.now();
  let worker: OpenedWorker | undefined;
  const ready = async () => (await worker?.ready()) ?? { ok: false, reasons: ["the worker is starting"] };
  const watchdog = {
    ok: () => worker?.watchdog?.ok() ?? worker !== undefined,
    silentMs: () => worker?.watchdog?.silentMs() ?? performance.now() - startedAtMs,
  };
  const metrics = createMetrics();
  scope.use(await serveHealth({ ...health, ready, metrics, watchdog }));
  worker = await open(metrics);
}
