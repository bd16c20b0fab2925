import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createEgress } from "./create-egress.ts";
import { EgressError } from "./error.ts";
import { answer, onPost, type TcpServer, tcpServer } from "./test-servers.ts";

/** One connection, so that every request uses the one that was kept alive. */
const egress = createEgress({ connectionsPerOrigin: 1 });
const send = (server: TcpServer, n: number) =>
  egress.request({ method: "POST", url: server.url, body: `{"n":${n}}`, trusted: true });

async function listen(...react: Parameters<typeof tcpServer>): Promise<TcpServer> {
  const server = await tcpServer(...react);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

function arrivals(server: TcpServer, n: number): number {
  return server.received().split(`{"n":${n}}`).length - 1;
}

test("keep-alive: successive requests use one connection", async () => {
  const server = await listen((socket) => onPost(socket, (n) => socket.write(answer(`${n}`))));
  for (const n of [1, 2, 3]) expect((await send(server, n)).text).toBe(`${n}`);
  expect(server.connections).toHaveLength(1);
});

test("keep-alive: a POST that dies with its connection counts as sent and is not repeated", async () => {
  const server = await listen((socket) =>
    onPost(socket, (n) => (n === 1 ? socket.write(answer("ok")) : socket.resetAndDestroy())),
  );
  await send(server, 1);
  await expect(send(server, 2)).rejects.toMatchObject({ sent: true, kind: "broken" });
  expect(arrivals(server, 2)).toBe(1);
  expect(server.connections).toHaveLength(1);
});

test("keep-alive: a connection that died while idle is replaced before the next POST", async () => {
  const server = await listen((socket) => onPost(socket, () => socket.write(answer("ok"))));
  await send(server, 1);
  const [kept] = server.connections;
  if (!kept) throw new Error("no connection");
  kept.end();
  await once(kept, "close");
  expect((await send(server, 2)).text).toBe("ok");
  expect(arrivals(server, 2)).toBe(1);
  expect(server.connections).toHaveLength(2);
});

test("keep-alive: a POST during the server's close arrives at most once, and sent is true if it did", async () => {
  const seen = { answered: 0, sent: 0, unsent: 0 };
  for (let round = 0; round < 200; round += 1) {
    await using server = await tcpServer((socket) =>
      onPost(socket, (n) => {
        socket.write(answer("ok"));
        if (n === 1) afterTurns(round % 8, () => (round % 2 === 0 ? socket.end() : socket.resetAndDestroy()));
      }),
    );
    await send(server, 1);
    const result = await send(server, 2).catch((error: unknown) => error);
    const outcome = !(result instanceof EgressError) ? "answered" : result.sent ? "sent" : "unsent";
    seen[outcome] += 1;
    expect(arrivals(server, 2)).toBeLessThanOrEqual(outcome === "unsent" ? 0 : 1);
  }
  expect(seen.answered).toBeGreaterThan(0);
});

function afterTurns(turns: number, act: () => void): void {
  if (turns === 0) act();
  else setImmediate(() => afterTurns(turns - 1, act));
}
