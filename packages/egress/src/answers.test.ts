import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openEgress, serve } from "./test-servers.ts";

test("answer: the text is unchanged, header names are in lower case", async () => {
  const text = '{"id":12345678901234567890,"text":"é 你"}';
  const url = await serve((_, response) =>
    response.writeHead(201, { "X-Request-Id": "r1", "Set-Cookie": ["a=1", "b=2"] }).end(text),
  );
  const reply = await openEgress().request({ method: "GET", url });
  expect(reply).toMatchObject({ status: 201, text, headers: { "x-request-id": "r1", "set-cookie": "a=1, b=2" } });
});

test("request: method, path, query, headers and body arrive unchanged, without an accepted encoding", async () => {
  const url = await serve(async (request, response) => {
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: (await buffer(request)).toString() }));
  });
  const headers = { Authorization: "Bearer k", "Accept-Encoding": "gzip", "Content-Type": "application/json" };
  const reply = await openEgress().request({ method: "PUT", url: `${url}/a%2Fb?x=1&y=%20`, headers, body: '{"é":1}' });
  expect(JSON.parse(reply.text)).toMatchObject({
    method: "PUT",
    url: "/a%2Fb?x=1&y=%20",
    headers: { authorization: "Bearer k", "accept-encoding": "identity", "content-length": "8" },
    body: '{"é":1}',
  });
});

test.each([301, 302, 303, 307, 308])("answer: a redirect (%i) is returned, not followed", async (status) => {
  const paths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(status, { location: "/elsewhere" }).end();
  });
  expect((await openEgress().request({ method: "GET", url })).status).toBe(status);
  expect(paths).toEqual(["/"]);
});

test("answer: a server error is returned after one request", async () => {
  let asked = 0;
  const url = await serve((_, response) => response.writeHead(503, { "retry-after": `${++asked}` }).end("busy"));
  expect(await openEgress().request({ method: "POST", url, body: "{}" })).toMatchObject({ status: 503, text: "busy" });
  expect(asked).toBe(1);
});

test("answer: a body of exactly the maximum size is accepted", async () => {
  const url = await serve((_, response) => response.end("x".repeat(100)));
  expect((await openEgress().request({ method: "GET", url, maxBytes: 100 })).text).toHaveLength(100);
});

test("error: has status and headers of an answer that is too large, cut or damaged", async () => {
  const long = await serve((_, response) => response.writeHead(202, { "x-id": "1" }).end("x".repeat(101)));
  const cut = await serve((_, response) => {
    response.writeHead(429, { "content-length": "9", "retry-after": "3" }).write("x");
    setImmediate(() => response.destroy());
  });
  const damaged = await serve((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x").subarray(0, 12)),
  );
  const egress = openEgress();
  const failureOf = (url: string) => egress.request({ method: "POST", url, maxBytes: 100 }).catch((error) => error);
  expect(await failureOf(long)).toMatchObject({ kind: "too_large", answer: { status: 202, headers: { "x-id": "1" } } });
  expect(await failureOf(cut)).toMatchObject({
    kind: "broken",
    answer: { status: 429, headers: { "retry-after": "3" } },
  });
  expect(await failureOf(damaged)).toMatchObject({ kind: "broken", answer: { status: 200 } });
});

test("stream: delivers all bytes, without a limit of the total time", async () => {
  const bytes = Buffer.alloc(3_000_000, 7);
  const url = await serve((_, response) => {
    response.write(bytes.subarray(0, 10));
    setTimeout(() => response.end(bytes.subarray(10)), 700);
  });
  const answer = await openEgress().stream({ method: "GET", url, timeoutMs: 500 });
  expect((await buffer(answer.body)).equals(bytes)).toBe(true);
});

test("stream: silence beyond the idle timeout is an error", async () => {
  const url = await serve((_, response) => response.write("first"));
  const answer = await openEgress({ idleTimeoutMs: 50 }).stream({ method: "GET", url });
  await expect(buffer(answer.body)).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
});

test("stream: a cut body is an error, not an end", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("first");
    setImmediate(() => response.destroy());
  });
  const answer = await openEgress().stream({ method: "GET", url });
  await expect(buffer(answer.body)).rejects.toThrow();
});

test("stream: the bytes before a broken connection are delivered, then its error", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { "content-length": "5000000000" }).write("first", () => response.destroy());
  });
  const { body } = await openEgress().stream({ method: "GET", url });
  const closed = once(body, "error").then(([error]) => error);
  const received: Buffer[] = [];
  const read = (async () => {
    for await (const chunk of body) received.push(chunk);
  })();
  await expect(read).rejects.toThrow();
  expect(Buffer.concat(received).toString()).toBe("first");
  expect(await closed).toBeInstanceOf(Error);
});

test("stream: an answer that is thrown away unread closes its connection", async () => {
  const closed = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.on("close", closed.resolve).writeHead(200, { "content-length": "100" }).write("first");
  });
  const { body } = await openEgress().stream({ method: "GET", url });
  body.on("error", () => undefined).destroy();
  await closed.promise;
});

test("stream: late headers are refused", async () => {
  const silent = await serve(() => undefined);
  await expect(openEgress().stream({ method: "GET", url: silent, timeoutMs: 40 })).rejects.toMatchObject({
    kind: "timeout",
  });
});

test("stream: can be aborted", async () => {
  const url = await serve((_, response) => response.write("first"));
  const controller = new AbortController();
  const answer = await openEgress().stream({ method: "GET", url, signal: controller.signal });
  controller.abort();
  await expect(buffer(answer.body)).rejects.toMatchObject({ kind: "aborted", sent: true });
});

test("request: the total time limits a slow body", async () => {
  const url = await serve((_, response) => {
    const drip = setInterval(() => response.write("."), 10);
    response.on("close", () => clearInterval(drip));
  });
  await expect(openEgress().request({ method: "GET", url, timeoutMs: 80 })).rejects.toMatchObject({
    kind: "timeout",
    sent: true,
  });
});
