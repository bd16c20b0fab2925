import { createHmac } from "node:crypto";
import { type Received, type Receiver, startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";

const callbackSecret = "a secret of thirty-two characters";
const open = (options = {}) => openSimulator({ allowHttpCallbacks: true, callbackSecret, ...options });

/** Ends a task, so that its callback is sent. */
async function ended(client: TestClient, receiver: Receiver, prompt = "cup"): Promise<string> {
  const id = await client.hiapi.start({ prompt }, { callback: { url: receiver.url, when: "final" } });
  await client.hiapi.read(id);
  return id;
}

function isSigned({ headers, body }: Received): boolean {
  const timestamp = headers["x-hiapi-timestamp"];
  const signature = createHmac("sha256", callbackSecret).update(`${timestamp}.${body}`).digest("hex");
  return headers["x-hiapi-signature"] === signature;
}

test("success: the callback is the task object without envelope, signed", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  const id = await ended(client, receiver);
  await receiver.arrived(1);
  const [callback] = receiver.received;
  expect(JSON.parse(callback?.body ?? "")).toEqual((await client.hiapi.read(id)).at("data"));
  expect(callback?.headers["content-type"]).toBe("application/json");
  expect(Math.abs(Number(callback?.headers["x-hiapi-timestamp"]) - Date.now() / 1_000)).toBeLessThan(5);
  expect(callback && isSigned(callback)).toBe(true);
});

test("failure: sends a callback too", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  await ended(client, receiver, "cup [[fault:task-fails]]");
  await receiver.arrived(1);
  expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({
    status: "fail",
    error: { code: "TASK_FAILED" },
  });
});

test("no secret: the callback has no signature headers", async () => {
  await using client = await open({ callbackSecret: undefined });
  await using receiver = await startReceiver();
  await ended(client, receiver);
  await receiver.arrived(1);
  expect(receiver.received[0]?.headers).not.toHaveProperty("x-hiapi-signature");
  expect(receiver.received[0]?.headers).not.toHaveProperty("x-hiapi-timestamp");
});

test("time alone ends a task and sends its callback", async () => {
  await using client = await open({ finishAfterPolls: undefined, generationMs: { median: 50_000 } });
  await using receiver = await startReceiver();
  await client.hiapi.start({}, { callback: { url: receiver.url } });
  await receiver.arrived(1);
});

test("callback not answered 2xx: retried with the same body after 5 and 30 provider-seconds", async () => {
  await using client = await open({ clockFactor: 100 });
  await using receiver = await startReceiver();
  receiver.answerNext(500, 500, 204);
  const startedAt = performance.now();
  await ended(client, receiver);
  const [first, second, third] = await receiver.arrived(3);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(345);
  expect([second?.body, third?.body]).toEqual([first?.body, first?.body]);
  expect(receiver.received.every(isSigned)).toBe(true);
  const counts = { delivered: 1, failedTries: 2, givenUp: 0 };
  await soon(async () => (await client.get("/simulator/stats")).at("callbacks")).toMatchObject(counts);
});

test("callback refused four times: given up", async () => {
  await using client = await open({ clockFactor: 10_000 });
  await using receiver = await startReceiver();
  receiver.answerNext(503, 503, 503, 503);
  await ended(client, receiver);
  await soon(async () => (await client.get("/simulator/stats")).at("callbacks.givenUp")).toBe(1);
  expect(receiver.received).toHaveLength(4);
});

test("callbacks switched off: nothing is sent", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  expect((await client.post("/simulator/callbacks", { on: false })).body).toEqual({ on: false });
  await ended(client, receiver);
  await client.post("/simulator/callbacks", { on: true });
  const second = await ended(client, receiver, "the second cup");
  const [first] = await receiver.arrived(1);
  expect(JSON.parse(first?.body ?? "").taskId).toBe(second);
});

test("callback URL of an unlisted host: accepted, but never called", async () => {
  await using client = await open();
  const id = await client.hiapi.start({}, { callback: { url: "https://callbacks.example.com/hiapi" } });
  await client.hiapi.read(id);
  await soon(async () => (await client.get("/simulator/stats")).at("callbacks.unreachable")).toBe(1);
});

test("callback-none sends nothing", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  await ended(client, receiver, "cup [[fault:callback-none]]");
  const other = await ended(client, receiver, "another cup");
  await receiver.arrived(1);
  expect(JSON.parse(receiver.received[0]?.body ?? "").taskId).toBe(other);
});

test("callback-twice sends the same callback twice", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  await ended(client, receiver, "cup [[fault:callback-twice]]");
  await receiver.arrived(2);
  expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);
});

test("callback-early: a true callback is sent before the create is answered", async () => {
  await using client = await open({ finishAfterPolls: 5 });
  await using receiver = await startReceiver();
  const id = await client.hiapi.start({ prompt: "cup [[fault:callback-early]]" }, { callback: { url: receiver.url } });
  expect(receiver.received).toHaveLength(1);
  expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({ taskId: id, status: "success" });
  expect((await client.hiapi.read(id)).at("data.status")).toBe("success");
});

test("callback-forged-signature: sends a false success with an invalid signature", async () => {
  await using client = await open({ finishAfterPolls: 3 });
  await using receiver = await startReceiver();
  const id = await client.hiapi.start(
    { prompt: "cup [[fault:callback-forged-signature]]" },
    { callback: { url: receiver.url } },
  );
  await receiver.arrived(1);
  const [forged] = receiver.received;
  expect(forged && isSigned(forged)).toBe(false);
  expect(JSON.parse(forged?.body ?? "")).toMatchObject({ taskId: id, status: "success" });
  for (let read = 1; read <= 3; read++) await client.hiapi.read(id);
  await receiver.arrived(2);
  expect(receiver.received[1] && isSigned(receiver.received[1])).toBe(true);
});
