import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { startReceiver } from "./receiver.ts";

const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;

function signed(body: string, key = secret): RequestInit {
  const at = new Date();
  return {
    method: "POST",
    body,
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${Math.floor(at.getTime() / 1_000)}`,
      "webhook-signature": new Webhook(key).sign("msg_1", at, body),
    },
  };
}

test("receiver: verifies a signature by its secret and rejects one by another", async () => {
  await using receiver = await startReceiver({ secret });
  await fetch(receiver.url, signed('{"a":1}'));
  await fetch(receiver.url, signed('{"a":2}', `whsec_${Buffer.from("another secret, as long").toString("base64")}`));
  const [good, bad] = await receiver.arrived(2);
  expect(good).toMatchObject({ id: "msg_1", body: '{"a":1}', verified: true, status: 200 });
  expect(bad).toMatchObject({ body: '{"a":2}', verified: false });
});

test("receiver: sends the given answers, then 200", async () => {
  await using receiver = await startReceiver();
  receiver.answerNext(503, "cut");
  expect((await fetch(receiver.url, { method: "POST" })).status).toBe(503);
  await expect(fetch(receiver.url, { method: "POST" })).rejects.toThrow();
  expect((await fetch(receiver.url, { method: "POST" })).status).toBe(200);
  expect(receiver.received.map(({ status, verified }) => ({ status, verified }))).toEqual([
    { status: 503, verified: undefined },
    { status: 0, verified: undefined },
    { status: 200, verified: undefined },
  ]);
});
