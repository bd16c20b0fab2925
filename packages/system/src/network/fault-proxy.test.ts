import { once } from "node:events";
import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startFaultProxy } from "./fault-proxy.ts";

async function startServer(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    incoming.resume().on("end", () => response.end("from the server"));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, asked };
}

/** The text of an answer, or the code of the error; each request has its own connection. */
async function ask(url: string, body?: string): Promise<string> {
  const sent = request(url, { agent: false, method: body === undefined ? "GET" : "POST" }).end(body);
  try {
    const [answer] = await once(sent, "response");
    return await text(answer);
  } catch (error) {
    return error instanceof Error && "code" in error ? `${error.code}` : `${error}`;
  }
}

test("refuses: connections are refused, and accepted at the same port afterwards", async () => {
  const { port, asked } = await startServer();
  await using proxy = await startFaultProxy(port);
  expect(await ask(proxy.url)).toBe("from the server");
  proxy.setFaults({ refuses: true });
  expect(await ask(proxy.url)).toBe("ECONNREFUSED");
  proxy.setFaults({});
  await expect.poll(() => ask(proxy.url)).toBe("from the server");
  expect(asked).toEqual(["GET /", "GET /"]);
});

test("answers: every request gets the given answer and none reaches the server", async () => {
  const { port, asked } = await startServer();
  await using proxy = await startFaultProxy(port, { records: true });
  proxy.setFaults({ answers: "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\naway" });
  expect(await ask(`${proxy.url}/a`)).toBe("away");
  expect(await ask(`${proxy.url}/b`, "x".repeat(200_000))).toBe("away");
  proxy.setFaults({});
  expect(await ask(`${proxy.url}/c`)).toBe("from the server");
  expect(asked).toEqual(["GET /c"]);
  expect(proxy.arrivals.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /a", "POST /b", "GET /c"]);
});

test("dropsRequests: the server gets nothing, and the connection is reset when the fault ends", async () => {
  const { port, asked } = await startServer();
  await using proxy = await startFaultProxy(port, { records: true });
  proxy.setFaults({ dropsRequests: true });
  const answer = ask(proxy.url);
  await expect.poll(() => proxy.arrivals.length).toBe(1);
  proxy.setFaults({});
  expect(await answer).toBe("ECONNRESET");
  expect(asked).toEqual([]);
});

test("dropsReplies: the server gets the request, the client no answer", async () => {
  const { port, asked } = await startServer();
  await using proxy = await startFaultProxy(port);
  proxy.setFaults({ dropsReplies: true });
  expect(await ask(proxy.url)).toBe("ECONNRESET");
  expect(asked).toEqual(["GET /"]);
});
