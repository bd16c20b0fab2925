import { type Receiver, startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { openSimulator, soon } from "../../testing/client.ts";

const open = (options = {}) =>
  openSimulator({ allowHttpCallbacks: true, callbackSecret: "a secret that Ark does not use", ...options });
const byTime = { finishAfterPolls: undefined, generationMs: { median: 600_000 } };
const text = (prompt: string) => ({ content: [{ type: "text", text: prompt }] });
const statuses = ({ received }: Receiver) => received.map(({ body }) => JSON.parse(body).status);

test("every change sends a callback with the body of a read, unsigned", async () => {
  await using client = await open(byTime);
  await using receiver = await startReceiver();
  const id = await client.ark.start({ callback_url: receiver.url });
  const [queued, running, succeeded] = await receiver.arrived(3);
  expect(statuses(receiver)).toEqual(["queued", "running", "succeeded"]);
  expect(JSON.parse(queued?.body ?? "")).toMatchObject({ id, model: "doubao-seedance-2-0-260128" });
  expect(JSON.parse(running?.body ?? "")).not.toHaveProperty("content");
  expect(JSON.parse(succeeded?.body ?? "")).toEqual((await client.ark.read(id)).body);
  expect(Object.keys(succeeded?.headers ?? {}).filter((name) => /sign|timestamp/.test(name))).toEqual([]);
});

test("a change by a read sends a callback too", async () => {
  await using client = await open({ finishAfterPolls: 2 });
  await using receiver = await startReceiver();
  const id = await client.ark.start({ callback_url: receiver.url });
  await receiver.arrived(1);
  await client.ark.read(id);
  await receiver.arrived(2);
  await client.ark.read(id);
  await receiver.arrived(3);
  expect(statuses(receiver)).toEqual(["queued", "running", "succeeded"]);
});

test("a failure sends its callback after the refund", async () => {
  await using client = await open();
  await using receiver = await startReceiver();
  const id = await client.ark.start({ callback_url: receiver.url, ...text("a [[fault:task-fails]]") });
  await client.ark.read(id);
  await receiver.arrived(2);
  expect(JSON.parse(receiver.received[1]?.body ?? "")).toMatchObject({
    status: "failed",
    error: { code: "InternalServiceError" },
  });
  expect((await client.ledger()).at("refunds")).toBe(1);
});

test("a cancellation and an expiry send one callback each", async () => {
  await using client = await open({ clockFactor: 10_000 });
  await using receiver = await startReceiver();
  await client.ark.remove(await client.ark.start({ callback_url: receiver.url }));
  const stuck = { ...text("a [[fault:stuck]]"), execution_expires_after: 3_600 };
  await client.ark.start({ callback_url: receiver.url, ...stuck });
  await receiver.arrived(5);
  expect(statuses(receiver).sort()).toEqual(["cancelled", "expired", "queued", "queued", "running"]);
});

test("a refused callback of an end is retried three times, 5 provider-seconds apart; earlier changes are not retried", async () => {
  await using client = await open({ clockFactor: 20 });
  await using receiver = await startReceiver();
  receiver.answerNext(500, 500, "cut", 503, 500);
  const id = await client.ark.start({ callback_url: receiver.url });
  await receiver.arrived(1);
  const startedAt = performance.now();
  await client.ark.read(id);
  await soon(async () => (await client.get("/simulator/stats")).at("callbacks")).toMatchObject({
    failedTries: 5,
    givenUp: 2,
  });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(745);
  expect(statuses(receiver)).toEqual(["queued", ...Array(4).fill("succeeded")]);
  expect(new Set(receiver.received.slice(1).map(({ body }) => body)).size).toBe(1);
});

test("callback-none, -twice and -forged-signature apply too", async () => {
  await using client = await open({ finishAfterPolls: 9 });
  await using receiver = await startReceiver();
  await client.ark.start({ callback_url: receiver.url, ...text("a [[fault:callback-none]]") });
  await client.ark.start({ callback_url: receiver.url, ...text("a [[fault:callback-twice]]") });
  await receiver.arrived(2);
  expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);
  const id = await client.ark.start({ callback_url: receiver.url, ...text("a [[fault:callback-forged-signature]]") });
  await receiver.arrived(4);
  expect(JSON.parse(receiver.received[3]?.body ?? "")).toMatchObject({
    id,
    status: "succeeded",
    content: { video_url: "https://files.invalid/forged.mp4" },
  });
  expect((await client.ark.read(id)).at("status")).not.toBe("succeeded");
});

test("callback-early: a true callback is sent before the create is answered", async () => {
  await using client = await open({ finishAfterPolls: 9 });
  await using receiver = await startReceiver();
  const id = await client.ark.start({ callback_url: receiver.url, ...text("a [[fault:callback-early]]") });
  expect(statuses(receiver)).toContain("succeeded");
  expect((await client.ark.read(id)).at("status")).toBe("succeeded");
});
