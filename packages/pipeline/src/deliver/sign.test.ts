import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { newSecret, secretOf, sign, verify } from "./sign.ts";

const secret = newSecret();
const body = '{"type":"generation.succeeded","data":{"id":"g1"}}';
const id = "msg_g1_succeeded";

function headersOf(timestamp: Date, secrets = [secret]) {
  return {
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(timestamp.getTime() / 1_000)}`,
    "webhook-signature": secrets.map((each) => sign({ secret: each, id, timestamp, body })).join(" "),
  };
}

test("the example of the reference libraries has their signature", () => {
  const signature = sign({
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: new Date(1_614_265_330_000),
    body: '{"test": 2432232314}',
  });
  expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("the standard's own library accepts the signature", () => {
  expect(new Webhook(secret).verify(body, headersOf(new Date()))).toEqual(JSON.parse(body));
});

test("secret rotation: the old and the new secret verify, a third does not", () => {
  const [older, newer] = [newSecret(), newSecret()];
  const headers = headersOf(new Date(), [newer, older]);
  for (const secrets of [[older], [newer], [newSecret(), newer]]) expect(verify({ secrets, headers, body })).toBe(true);
  for (const secrets of [[newSecret()], []]) expect(verify({ secrets, headers, body })).toBe(false);
});

test("a changed or missing body, id, timestamp or signature is refused, as is one more than five minutes off", () => {
  const good = headersOf(new Date());
  const bad = [
    { ...good, "webhook-id": "msg_other" },
    { ...good, "webhook-timestamp": `${Number(good["webhook-timestamp"]) - 1}` },
    { ...good, "webhook-timestamp": "soon" },
    { ...good, "webhook-signature": good["webhook-signature"].slice(0, -3) },
    { ...good, "webhook-signature": `${good["webhook-signature"]}x` },
    { ...good, "webhook-signature": "" },
    headersOf(new Date(Date.now() - 302_000)),
    headersOf(new Date(Date.now() + 302_000)),
    {},
  ];
  expect(verify({ secrets: [secret], headers: good, body })).toBe(true);
  expect(verify({ secrets: [secret], headers: headersOf(new Date(Date.now() - 295_000)), body })).toBe(true);
  for (const headers of bad) expect(verify({ secrets: [secret], headers, body })).toBe(false);
  expect(verify({ secrets: [secret], headers: good, body: `${body} ` })).toBe(false);
});

test("a body beyond ASCII is signed as it is sent", () => {
  const text = '{"prompt":"ein Zebra 🦓 läuft"}';
  const timestamp = new Date();
  const headers = { ...headersOf(timestamp), "webhook-signature": sign({ secret, id, timestamp, body: text }) };
  expect(new Webhook(secret).verify(Buffer.from(text), headers)).toEqual(JSON.parse(text));
});

test("secrets have 32 random bytes; fewer than 24 and an id with a dot are refused", () => {
  expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSecret()).not.toBe(newSecret());
  expect(() => secretOf(Buffer.alloc(23))).toThrow(TypeError);
  for (const short of ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all"]) {
    expect(() => sign({ secret: short, id, timestamp: new Date(), body })).toThrow(TypeError);
  }
  expect(() => sign({ secret, id: "a.b", timestamp: new Date(), body })).toThrow("no dot");
});
