import { createServer, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";
import { portProblem } from "./start-error.ts";
import type { Watchdog } from "./watchdog.ts";

/** Whether the process can work; the reasons say what to do. */
export interface Readiness {
  ok: boolean;
  reasons: string[];
}

export interface HealthOptions {
  /** 0 takes any free port. */
  port: number;
  host?: string;
  ready(): Promise<Readiness>;
  metrics: Pick<Metrics, "text" | "contentType">;
  /** Turns `/healthz` red when there is no progress. */
  watchdog?: Pick<Watchdog, "ok" | "silentMs">;
  /** The variable that sets the port, for the error message when the port is in use. */
  variable?: string;
}

export interface Health extends AsyncDisposable {
  port: number;
}

/** Serves `/healthz` (alive and making progress), `/readyz` and `/metrics`. Throws a StartError if the port is in use. */
export async function serveHealth(options: HealthOptions): Promise<Health> {
  const { port, host = "127.0.0.1", variable } = options;
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const path = request.url?.split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "GET only");
    if (path === "/healthz") return sendState(response, progress(options.watchdog));
    if (path === "/readyz") return void readiness(options.ready).then((state) => sendState(response, state));
    if (path === "/metrics") return void sendMetrics(response, options.metrics);
    return send(response, 404, "/healthz, /readyz or /metrics");
  });
  await listen(server, port, host).catch((error: unknown) => {
    throw portProblem(error, port, variable);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function progress(watchdog: HealthOptions["watchdog"]): Readiness {
  if (!watchdog || watchdog.ok()) return { ok: true, reasons: [] };
  return { ok: false, reasons: [`no progress for ${Math.round(watchdog.silentMs() / 1_000)} s`] };
}

/** The answer of the check; not ready if the check fails or takes too long. */
async function readiness(ready: HealthOptions["ready"], withinMs = 5_000): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(
    () => resolve({ ok: false, reasons: [`the readiness check did not answer within ${withinMs / 1_000} s`] }),
    withinMs,
  );
  try {
    return await Promise.race([ready(), late]);
  } catch (error) {
    return { ok: false, reasons: [`the readiness check failed: ${error instanceof Error ? error.message : error}`] };
  } finally {
    clearTimeout(timer);
  }
}

async function sendMetrics(response: ServerResponse, metrics: HealthOptions["metrics"]): Promise<void> {
  try {
    send(response, 200, await metrics.text(), metrics.contentType);
  } catch {
    send(response, 500, "the metrics could not be collected");
  }
}

function sendState(response: ServerResponse, state: Readiness): void {
  send(response, state.ok ? 200 : 503, JSON.stringify(state), "application/json");
}

function send(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
