import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";

export interface TestServer extends AsyncDisposable {
  url: string;
  /** The `Range` of every request so far, or the path of a request without one. */
  ranges: string[];
  /** Number of connections so far. */
  connections(): number;
  /** Number of bytes written to sockets that are closed. */
  sentBytes(): number;
}

type Answer = (response: ServerResponse, request: IncomingMessage, n: number) => void;

/** Starts an HTTP server on loopback; `answer` gets the number of the request, from 1. */
export async function serve(answer: Answer, host = "127.0.0.1"): Promise<TestServer> {
  const ranges: string[] = [];
  let connections = 0;
  let sentBytes = 0;
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? request.url ?? "");
    response.on("error", () => undefined);
    answer(response, request, ranges.length);
  });
  server.on("connection", (socket) => {
    connections++;
    socket
      .on("error", () => undefined)
      .on("close", () => {
        sentBytes += socket.bytesWritten;
      });
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://${host}:${address.port}/file`,
    ranges,
    connections: () => connections,
    sentBytes: () => sentBytes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Serves a file by Range, as object storage does. */
export function serveParts(bytes: Buffer, headers: Record<string, string> = {}): Promise<TestServer> {
  return serve((response, request) => sendPart(response, request, bytes, headers));
}

/** Serves a file of this length that begins with `head` and continues with zeros, without allocating it. */
export function servePadded(head: Buffer, bytes: number): Promise<TestServer> {
  return serve((response, request) => {
    const [, first = "0", last = ""] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
    const [start, end] = [Number(first), Math.min(Number(last) + 1, bytes)];
    const part = Buffer.alloc(end - start);
    head.copy(part, 0, start, end);
    const headers = { "content-length": part.length, "content-range": `bytes ${start}-${end - 1}/${bytes}` };
    response.writeHead(206, headers).end(part);
  });
}

export function sendPart(
  response: ServerResponse,
  request: IncomingMessage,
  bytes: Buffer,
  headers: Record<string, string> = {},
): void {
  const [, first = "0", last = ""] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
  const start = Number(first);
  const part = bytes.subarray(start, Number(last) + 1);
  const range =
    part.length > 0 ? `bytes ${start}-${start + part.length - 1}/${bytes.length}` : `bytes */${bytes.length}`;
  response.writeHead(part.length > 0 ? 206 : 416, {
    ...headers,
    "content-length": part.length,
    "content-range": range,
  });
  response.end(part);
}

/** Serves only the whole file, with its length and with backpressure. */
export function serveWhole(bytes: Buffer, headers: Record<string, string> = {}): Promise<TestServer> {
  return serve((response) => {
    response.writeHead(200, { "content-length": bytes.length, ...headers });
    Readable.from(blocksOf(bytes)).pipe(response);
  });
}

function* blocksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Serves only the whole file, chunked: without its length. */
export function serveChunked(bytes: Buffer): Promise<TestServer> {
  return serve((response) => {
    response.write(bytes.subarray(0, 1_000));
    response.end(bytes.subarray(1_000));
  });
}
