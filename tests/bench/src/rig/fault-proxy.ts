import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "@reelqueue/testing";
import { Pool } from "undici";

/**
 * `none`: forwards; `refuses`: does not listen; `hangs`: accepts requests and never answers; `unavailable`: answers
 * 503.
 */
export type Fault = "none" | "refuses" | "hangs" | "unavailable";

export interface Arrival {
  atMs: number;
  method: string;
  path: string;
}

/** An HTTP proxy in front of the simulator that records every request. */
export interface FaultProxy extends AsyncDisposable {
  url: string;
  arrivals: Arrival[];
  /** Replaces the current fault. Requests without an answer are disconnected. */
  setFault(fault: Fault): Promise<void>;
}

/** Starts a proxy that adds `latencyMs` to every answer. */
export async function startFaultProxy(target: string, latencyMs = 0): Promise<FaultProxy> {
  const [pool, port, arrivals] = [new Pool(target), await freePort(), [] as Arrival[]];
  let fault: Fault = "none";
  const server = createServer((request, response) => {
    arrivals.push({ atMs: Date.now(), method: request.method ?? "", path: request.url ?? "" });
    if (fault === "hangs") return void request.resume();
    if (fault === "unavailable") return unavailable(request, response);
    void forward(pool, request, response, latencyMs).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 75_000;
  const listen = () => once(server.listen(port, "127.0.0.1"), "listening");
  const close = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    setFault: async (next) => {
      if (fault === "hangs") server.closeAllConnections();
      fault = next;
      if (next === "refuses" && server.listening) await close();
      if (next !== "refuses" && !server.listening) await listen();
    },
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await close();
      await pool.destroy();
    },
  };
}

async function forward(
  pool: Pool,
  request: IncomingMessage,
  response: ServerResponse,
  latencyMs: number,
): Promise<void> {
  const { method = "GET", url: path = "/" } = request;
  const body = method === "GET" ? null : request;
  const answer = await pool.request({ method: method as "GET", path, headers: forwarded(request.headers), body });
  const text = await answer.body.text();
  if (latencyMs > 0) await wait(latencyMs);
  response.writeHead(answer.statusCode, forwarded(answer.headers)).end(text);
}

/** Headers without those of the connection and of the transfer. */
function forwarded(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const own = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)));
}

/** The answer of a load balancer without a healthy target. */
function unavailable(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503, { "content-type": "text/html" }).end("<h1>503 Service Temporarily Unavailable</h1>");
}
