import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";

export interface TestServer extends AsyncDisposable {
  url: string;
  /** The headers of all requests so far. */
  requests: IncomingHttpHeaders[];
}

/** Starts an HTTP server on loopback; `answer` gets the number of the request, from 1. */
export async function serve(
  answer: (response: ServerResponse, n: number, request: IncomingMessage) => void,
): Promise<TestServer> {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    response.on("error", () => undefined);
    answer(response, requests.length, request);
  });
  return await listening(server, requests);
}

/** Answers every request with the same bytes, which include the headers, and closes the connection. */
export async function serveRaw(bytes: Buffer): Promise<TestServer> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(bytes));
  });
  return await listening(server, []);
}

async function listening(server: Server, requests: IncomingHttpHeaders[]): Promise<TestServer> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/out.mp4`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Serves a file by Range, as object storage does; `cutAfter(n)`: bytes after which answer n breaks; undefined: never.
 */
export function serveFile(file: () => Buffer, etag: string | undefined, cutAfter: (n: number) => number | undefined) {
  return serve((response, n, request) => {
    const bytes = file();
    const start = request.headers["if-range"] === etag ? Number(request.headers.range?.match(/\d+/)?.[0] ?? 0) : 0;
    const part = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": part.length,
      ...(etag ? { etag } : {}),
      ...(start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const end = cutAfter(n);
    if (end === undefined) response.end(part);
    else response.write(part.subarray(0, end), () => response.destroy());
  });
}
