import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { createEgress, type EgressOptions } from "./create-egress.ts";
import type { EgressRequest } from "./egress.ts";
import { EgressError } from "./error.ts";
import { answer, closedPort, onPost, type TcpServer, tcpServer } from "./test-servers.ts";

const post = { method: "POST", body: "{}", trusted: true } as const;

function open(options: EgressOptions = {}) {
  const egress = createEgress(options);
  onTestFinished(() => egress.close());
  return egress;
}

async function listen(react: (socket: Socket) => void): Promise<TcpServer> {
  const server = await tcpServer(react);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function failureOf(request: Partial<EgressRequest> & { url: string }, options?: EgressOptions) {
  const error = await open(options)
    .request({ ...post, ...request })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  if (!(error instanceof EgressError)) throw new Error(`not an EgressError: ${String(error)}`);
  return error;
}

const missing = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
const notSent: Record<string, () => Promise<EgressError>> = {
  "ENOTFOUND: the name does not resolve": () =>
    failureOf({ url: "https://nowhere.example/" }, { resolve: () => Promise.reject(missing) }),
  "ENOTFOUND: the name has no address": () =>
    failureOf({ url: "https://nowhere.example/" }, { resolve: () => Promise.resolve([]) }),
  "ECONNREFUSED: nobody listens": async () => failureOf({ url: `http://127.0.0.1:${await closedPort()}/` }),
  "UND_ERR_CONNECT_TIMEOUT: the TLS handshake is never answered": async () => {
    const server = await listen(() => undefined);
    return failureOf({ url: `https://127.0.0.1:${server.port}/` }, { connectTimeoutMs: 60 });
  },
  "ERR_SSL_WRONG_VERSION_NUMBER: the other side does not speak TLS": async () => {
    const server = await listen((socket) => socket.end(answer("plain text")));
    return failureOf({ url: `https://127.0.0.1:${server.port}/` });
  },
  "BLOCKED: the address is private": () => failureOf({ url: "https://10.0.0.1/", trusted: false }),
  "ABORTED: aborted before it began": async () => {
    const server = await listen(() => undefined);
    const error = await failureOf({ url: server.url, signal: AbortSignal.abort() });
    // connections are accepted in order: an earlier one would have arrived before the probe
    const probe = connect(server.port, "127.0.0.1");
    await vi.waitFor(() => expect(server.connections.map((socket) => socket.remotePort)).toContain(probe.localPort));
    probe.destroy();
    expect(server.connections).toHaveLength(1);
    return error;
  },
  "ABORTED: aborted while connecting": async () => {
    const controller = new AbortController();
    const server = await listen(() => controller.abort());
    return failureOf({ url: `https://127.0.0.1:${server.port}/`, signal: controller.signal });
  },
  "TIMEOUT: the time is up while connecting": async () => {
    const server = await listen(() => undefined);
    return failureOf({ url: `https://127.0.0.1:${server.port}/`, timeoutMs: 60 });
  },
  "NOT_IN_TIME: the time to send it is over while connecting": async () => {
    const server = await listen(() => undefined);
    return failureOf({ url: `https://127.0.0.1:${server.port}/`, sendWithinMs: 60 });
  },
  "NOT_IN_TIME: the time to send it is over before it began": async () => {
    const server = await listen((socket) => onPost(socket, () => socket.end(answer("sent"))));
    const error = await failureOf({ url: server.url, sendWithinMs: -1 });
    expect(server.received()).toBe("");
    return error;
  },
  "UND_ERR_INVALID_ARG: a header that cannot be written": () =>
    failureOf({ url: "http://127.0.0.1:1/", headers: { authorization: "Bearer a\r\nx: y" } }),
};

test.each(Object.entries(notSent))("sent is false: %s", async (name, fail) => {
  const error = await fail();
  expect({ sent: error.sent, code: error.code }).toEqual({ sent: false, code: name.split(":")[0] });
});

const afterPost = (then: (socket: Socket) => void) => () => listen((socket) => onPost(socket, () => then(socket)));
const wasSent: Record<string, { serve: () => Promise<TcpServer>; request?: Partial<EgressRequest> }> = {
  "broken ECONNRESET: reset after reading it all": { serve: afterPost((socket) => socket.resetAndDestroy()) },
  "broken UND_ERR_SOCKET: closed without an answer": { serve: afterPost((socket) => socket.end()) },
  "timeout TIMEOUT: no answer in time": { serve: afterPost(() => undefined), request: { timeoutMs: 60 } },
  "timeout TIMEOUT: half an answer, then silence": {
    serve: afterPost((socket) => socket.write(answer("half").slice(0, -2))),
    request: { timeoutMs: 60 },
  },
  "broken UND_ERR_SOCKET: half the headers, then closed": {
    serve: afterPost((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-le")),
  },
  "broken UND_ERR_SOCKET: half the body, then closed": {
    serve: afterPost((socket) => socket.end(answer('{"task_id":"t-1"}').slice(0, -6))),
  },
  "broken UND_ERR_SOCKET: half a chunked body, then closed": {
    serve: afterPost((socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc")),
  },
  "broken HTTPParserError: an answer that is not HTTP": {
    serve: afterPost((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
  },
  "too_large TOO_LARGE: a body that says it is too long": {
    serve: afterPost((socket) => socket.write(answer("x".repeat(101)).slice(0, -100))),
    request: { maxBytes: 100, timeoutMs: 1_000 },
  },
  "too_large TOO_LARGE: a chunked body without end": {
    serve: afterPost((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n"),
    ),
    request: { maxBytes: 4 },
  },
  "broken DECODING: a damaged compressed body": {
    serve: afterPost((socket) => socket.write(answer("\x1f\x8b\x08\0", "content-encoding: gzip\r\n"), "latin1")),
  },
};

test.each(Object.entries(wasSent))("sent is true: %s", async (name, { serve, request = {} }) => {
  const server = await serve();
  const error = await failureOf({ url: server.url, ...request });
  expect(`${error.kind} ${error.code}`).toBe(name.split(":")[0]);
  expect(error.sent).toBe(true);
  // the error may come before the server has read the request
  await vi.waitFor(() => expect(server.received()).toContain("POST "));
  expect(server.received().match(/POST /g)).toHaveLength(1);
});

test("sent is true: aborted after it was written", async () => {
  const controller = new AbortController();
  const server = await listen((socket) => onPost(socket, () => controller.abort()));
  const error = await failureOf({ url: server.url, signal: controller.signal });
  expect(error).toMatchObject({ sent: true, kind: "aborted" });
});

test("sendWithinMs: an answer may take longer than the request had to be sent", async () => {
  const server = await listen((socket) => onPost(socket, () => setTimeout(() => socket.end(answer("late")), 150)));
  expect((await open().request({ ...post, url: server.url, sendWithinMs: 100 })).text).toBe("late");
});

test("timeout: a request that was sent closes its connection", async () => {
  const server = await listen((socket) => onPost(socket, () => undefined));
  await expect(open().request({ ...post, url: server.url, timeoutMs: 500 })).rejects.toMatchObject({ sent: true });
  await vi.waitFor(() => expect(server.connections.map(({ closed }) => closed)).toEqual([true]));
});

test("timeout: a request in the queue of a busy connection is never sent later", async () => {
  const waiting: Socket[] = [];
  const server = await listen((socket) => onPost(socket, () => waiting.push(socket)));
  const egress = open({ connectionsPerOrigin: 1 });
  const first = egress.request({ ...post, url: server.url });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const second = egress.request({ ...post, url: server.url, body: '{"second":true}', timeoutMs: 30 });
  await expect(second).rejects.toMatchObject({ sent: false, kind: "timeout" });
  waiting[0]?.write(answer("first"));
  expect((await first).text).toBe("first");
  const third = egress.request({ ...post, url: server.url });
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  waiting[1]?.write(answer("third"));
  expect((await third).text).toBe("third");
  expect(server.received()).not.toContain("second");
});

test("sent is never false for a request of which a byte arrived, whenever the reset comes", async () => {
  const egress = open();
  for (let round = 0; round < 150; round += 1) {
    await using server = await tcpServer((socket) => {
      if (round % 3 === 0) socket.resetAndDestroy();
      else if (round % 3 === 1) setImmediate(() => socket.resetAndDestroy());
      else socket.once("data", () => socket.resetAndDestroy());
    });
    const error = await egress.request({ ...post, url: server.url }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EgressError);
    if (error instanceof EgressError && !error.sent) expect(server.received()).toBe("");
  }
});
