import type { Event } from "@reelqueue/contracts";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { startReceiver } from "./receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const event: Event = {
  type: "generation.succeeded",
  timestamp: "2026-01-01T00:00:00.000Z",
  data: {
    id: "g1",
    state: "succeeded",
    account: "hiapi",
    tenant: "default",
    attempt: 1,
    outputs: [],
    cost: { estimateUsd: null, settledUsd: null },
  },
};

async function post(url: string, { id = "e1", body = JSON.stringify(event), by = secret } = {}): Promise<number> {
  const at = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(at.getTime() / 1_000)}`,
    "webhook-signature": new Webhook(by).sign(id, at, body),
  };
  return (await fetch(url, { method: "POST", headers, body })).status;
}

test("receiver: stores a signed event once and counts its repeats", async () => {
  await using receiver = await startReceiver(secret);
  expect([await post(receiver.url), await post(receiver.url), await post(receiver.url, { id: "e2" })]).toEqual([
    204, 204, 204,
  ]);
  expect([...receiver.received.events.keys()]).toEqual(["e1", "e2"]);
  expect(receiver.received).toMatchObject({ duplicates: 1, invalid: 0 });
});

test("receiver: rejects and counts a wrong signature, a missing one and a body that is not an event", async () => {
  await using receiver = await startReceiver(secret);
  const other = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
  expect(await post(receiver.url, { by: other })).toBe(400);
  expect(await post(receiver.url, { body: '{"type":"else"}' })).toBe(400);
  expect((await fetch(receiver.url, { method: "POST", body: JSON.stringify(event) })).status).toBe(400);
  expect(receiver.received).toMatchObject({ events: new Map(), duplicates: 0, invalid: 3 });
});
