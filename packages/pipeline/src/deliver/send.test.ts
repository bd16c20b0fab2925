import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { createEgress } from "@reelqueue/egress";
import { Webhook } from "standardwebhooks";
import { afterAll, expect, test } from "vitest";
import { type DeliverRequest, sendWebhook } from "./send.ts";
import { newSecret } from "./sign.ts";

const egress = createEgress({ allowPrivate: ["127.0.0.1/32"] });
afterAll(() => egress.close());
const secret = newSecret();
const body = '{"type":"generation.succeeded","data":{"id":"g1","prompt":"läuft 🦓"}}';

/** An endpoint on loopback. */
async function endpoint(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const received: { headers: Record<string, string>; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    received.push({ headers: request.headers as Record<string, string>, body: bytes });
    response.on("error", () => undefined);
    answer(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(url: string, options: Partial<DeliverRequest> = {}) {
  return sendWebhook({
    url,
    id: "msg_g1",
    body,
    secrets: [secret],
    egress,
    signal: new AbortController().signal,
    ...options,
  });
}

test.each([200, 201, 202, 204, 299])(
  "%d → delivered, with the headers of the standard and the exact bytes",
  async (status) => {
    await using hook = await endpoint((response) => response.writeHead(status).end());
    expect(await send(hook.url)).toEqual({ kind: "delivered", status, ms: expect.any(Number) });
    const [got] = hook.received;
    expect(got?.body.toString()).toBe(body);
    expect(got?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "reelqueue",
      "webhook-id": "msg_g1",
    });
    expect(new Webhook(secret).verify(got?.body ?? "", got?.headers ?? {})).toEqual(JSON.parse(body));
  },
);

test("the signature has the given time, not this machine's", async () => {
  await using hook = await endpoint((response) => response.writeHead(200).end());
  await send(hook.url, { at: new Date(1_790_000_000_000) });
  const headers = hook.received[0]?.headers ?? {};
  expect(headers["webhook-timestamp"]).toBe("1790000000");
  expect(headers["webhook-signature"]).toBe(new Webhook(secret).sign("msg_g1", new Date(1_790_000_000_000), body));
});

test("secret rotation: one try carries a signature of each secret", async () => {
  const older = newSecret();
  await using hook = await endpoint((response) => response.end());
  await send(hook.url, { secrets: [secret, older] });
  const headers = hook.received[0]?.headers ?? {};
  expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  for (const each of [secret, older]) expect(() => new Webhook(each).verify(body, headers)).not.toThrow();
});

test.each([301, 302, 307, 308])("%d → refused, not followed", async (status) => {
  await using target = await endpoint((response) => response.end());
  await using hook = await endpoint((response) => response.writeHead(status, { location: target.url }).end());
  expect(await send(hook.url)).toEqual({
    kind: "refused",
    status,
    message: `answered ${status}: redirects are not followed, register the final address`,
  });
  expect(target.received).toEqual([]);
});

test.each([400, 404, 500, 502, 503, 504])("%d → refused, without its body", async (status) => {
  await using hook = await endpoint((response) => response.writeHead(status).end("internal: 10.0.0.7"));
  expect(await send(hook.url)).toEqual({ kind: "refused", status, message: `answered ${status}` });
});

test("410 → gone", async () => {
  await using hook = await endpoint((response) => response.writeHead(410).end());
  expect(await send(hook.url)).toEqual({ kind: "gone" });
});

test.each([
  [429, "7", 7_000],
  [429, undefined, undefined],
  [429, "soon", undefined],
  [503, "120", 120_000],
])("%d with Retry-After %s → throttled", async (status, value, waitMs) => {
  await using hook = await endpoint((response) =>
    response.writeHead(status, value ? { "retry-after": value } : {}).end(),
  );
  const outcome = await send(hook.url);
  expect(outcome).toEqual({
    kind: "throttled",
    status,
    message: `answered ${status}`,
    ...(waitMs ? { retryAfterMs: waitMs } : {}),
  });
});

test("no answer within the time limit → unreachable", async () => {
  await using hook = await endpoint(() => undefined);
  expect(await send(hook.url, { timeoutMs: 200 })).toEqual({ kind: "unreachable", message: "no answer within 200 ms" });
});

test("a 2xx with a slow, broken or endless body → delivered, read up to 64 KiB", async () => {
  await using dripping = await endpoint((response) => response.writeHead(200).write("."));
  expect(await send(dripping.url, { timeoutMs: 200 })).toMatchObject({ kind: "delivered", status: 200 });
  await using breaking = await endpoint((response) => {
    response.writeHead(200, { "content-length": 1_000 }).write(".", () => response.destroy());
  });
  expect(await send(breaking.url)).toMatchObject({ kind: "delivered", status: 200 });
  let written = 0;
  await using endless = await endpoint((response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on("drain", more);
    more();
  });
  expect(await send(endless.url)).toMatchObject({ kind: "delivered", status: 200 });
  expect(written).toBeLessThan(20_000_000);
});

test("connection refused or reset → unreachable", async () => {
  const closed = await endpoint(() => undefined);
  await closed[Symbol.asyncDispose]();
  expect(await send(closed.url)).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  await using resetting = await endpoint((response) => response.socket?.resetAndDestroy());
  expect(await send(resetting.url)).toMatchObject({ kind: "unreachable" });
});

test.each([
  "http://127.0.0.2:9/",
  "http://169.254.169.254/",
  "http://[::1]:9/",
  "file:///etc/passwd",
  "https://user:pass@example.com/",
  "nonsense",
])("%s → blocked", async (url) => {
  expect(await send(url)).toMatchObject({ kind: "blocked" });
});

test("a stopping process does not wait for the endpoint", async () => {
  const stopping = new AbortController();
  await using hook = await endpoint(() => stopping.abort());
  expect(await send(hook.url, { signal: stopping.signal })).toEqual({
    kind: "unreachable",
    message: "stopped before an answer came",
  });
});
