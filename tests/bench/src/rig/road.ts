import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "@reelqueue/testing";
import { Pool } from "undici";

/** How the address behaves: as the provider behind it; nobody listens; takes requests and says nothing; 503 to everything. */
export type Manner = "fair" | "refuses" | "hangs" | "unavailable";

export interface Arrival {
  atMs: number;
  method: string;
  path: string;
}

/** The provider's address as the workers know it: every request passes here and is noted. */
export interface Road extends AsyncDisposable {
  url: string;
  arrivals: Arrival[];
  /** From now on. Requests that were left without an answer are cut off when it changes. */
  become(manner: Manner): Promise<void>;
}

/** Opens the road to a provider that takes `awayMs` longer to answer than the one behind it. */
export async function openRoad(target: string, awayMs = 0): Promise<Road> {
  const [pool, port, arrivals] = [new Pool(target), await freePort(), [] as Arrival[]];
  let manner: Manner = "fair";
  const server = createServer((request, response) => {
    arrivals.push({ atMs: Date.now(), method: request.method ?? "", path: request.url ?? "" });
    if (manner === "hangs") return void request.resume();
    if (manner === "unavailable") return unavailable(request, response);
    void forward(pool, request, response, awayMs).catch(() => response.destroy());
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
    become: async (next) => {
      if (manner === "hangs") server.closeAllConnections();
      manner = next;
      if (next === "refuses" && server.listening) await close();
      if (next !== "refuses" && !server.listening) await listen();
    },
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await close();
      await pool.destroy();
    },
  };
}

async function forward(pool: Pool, request: IncomingMessage, response: ServerResponse, awayMs: number): Promise<void> {
  const { method = "GET", url: path = "/" } = request;
  const body = method === "GET" ? null : request;
  const answer = await pool.request({ method: method as "GET", path, headers: carried(request.headers), body });
  const text = await answer.body.text();
  if (awayMs > 0) await wait(awayMs);
  response.writeHead(answer.statusCode, carried(answer.headers)).end(text);
}

/** What is about a connection, or about how a body is cut up, is not carried on. */
function carried(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const own = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)));
}

/** What a load balancer says of a service without a healthy machine. */
function unavailable(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503, { "content-type": "text/html" }).end("<h1>503 Service Temporarily Unavailable</h1>");
}
