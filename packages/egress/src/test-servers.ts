import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createEgress, type EgressOptions } from "./create-egress.ts";

/** Base URL of an HTTP server on loopback, until the end of the test. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

/** An egress that may connect to loopback, until the end of the test. */
export function openEgress(options: EgressOptions = {}) {
  const egress = createEgress({ allowPrivate: ["127.0.0.0/8"], ...options });
  onTestFinished(() => egress.close());
  return egress;
}

/** A TCP server on loopback that records every byte; `react` handles each connection. */
export interface TcpServer extends AsyncDisposable {
  port: number;
  url: string;
  connections: Socket[];
  /** Bytes received on all connections, as latin1. */
  received(): string;
}

export async function tcpServer(react: (socket: Socket) => void, host = "127.0.0.1"): Promise<TcpServer> {
  const connections: Socket[] = [];
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
    react(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    url: `http://${host}:${address.port}/v1/tasks`,
    connections,
    received: () => Buffer.concat(chunks).toString("latin1"),
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Calls `then` for every complete POST with a body `{…}` on the connection, with its number from 1. */
export function onPost(socket: Socket, then: (n: number) => void): void {
  let pending = "";
  let n = 0;
  socket.on("data", (chunk: Buffer) => {
    pending += chunk.toString("latin1");
    for (let end = pending.indexOf("}"); end >= 0; end = pending.indexOf("}")) {
      pending = pending.slice(end + 1);
      n += 1;
      then(n);
    }
  });
}

/** A port of loopback without a listener. */
export async function closedPort(): Promise<number> {
  await using server = await tcpServer(() => undefined);
  return server.port;
}

export function answer(body: string, headers = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}
