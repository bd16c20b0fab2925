import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { type Received, startReceiver } from "@reelqueue/testing";
import { describe, expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "../../testing/client.ts";

const callbackSecret = "the current secret of this token";
const previousCallbackSecret = "the previous secret of this token";
const open = (options = {}) => openSimulator({ allowHttpCallbacks: true, callbackSecret, ...options });

/** Ends a task, so that its webhook is sent. */
async function ended(client: TestClient, callback_url: string | undefined, body: object = {}): Promise<string> {
  const id = await client.toapis.start({ callback_url, ...body });
  await client.toapis.read(id);
  return id;
}

function signature({ headers, body }: Received, secret: string): string {
  const signed = `${headers["x-toapis-webhook-id"]}.${headers["x-toapis-webhook-timestamp"]}.${body}`;
  return `v1=${createHmac("sha256", secret).update(signed).digest("hex")}`;
}

const json = (received: Received | undefined) => JSON.parse(received?.body ?? "");

describe("an event", () => {
  test("completion: has every field of the document and its own id", async () => {
    await using client = await open({ clockFactor: 1 });
    await using receiver = await startReceiver();
    const more = { client_business_id: "order-1", trace_id: "trace-1", return_last_frame: true };
    const id = await ended(client, receiver.url, more);
    const [received] = await receiver.arrived(1);
    const read = await client.toapis.read(id);
    expect(json(received)).toEqual({
      id: received?.headers["x-toapis-webhook-id"],
      type: "generation.completed",
      api_version: expect.any(String),
      created_at: read.at("completed_at"),
      data: {
        task_id: id,
        client_business_id: "order-1",
        task_type: "video",
        model: "seedance-2",
        status: "completed",
        progress: 100,
        result: read.at("result"),
        error: null,
        submitted_at: read.at("created_at"),
        finished_at: read.at("completed_at"),
        trace_id: "trace-1",
      },
    });
    expect(received?.headers["user-agent"]).toBe("ToAPIs-Webhook/1.0");
    expect(Math.abs(Number(received?.headers["x-toapis-webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(5);
  });

  test("failure: sent after the refund", async () => {
    await using client = await open();
    await using receiver = await startReceiver();
    await ended(client, receiver.url, { prompt: "shiba [[fault:task-moderation]]" });
    const [received] = await receiver.arrived(1);
    expect((await client.ledger()).at("refunds")).toBe(1);
    expect(json(received)).toMatchObject({
      type: "generation.failed",
      data: { status: "failed", progress: 0, result: null, error: { code: "generation_failed" } },
    });
  });

  test("is signed with the current secret", async () => {
    await using client = await open();
    await using receiver = await startReceiver();
    await ended(client, receiver.url);
    const [received] = await receiver.arrived(1);
    expect(received && received.headers["x-toapis-webhook-signature"] === signature(received, callbackSecret)).toBe(
      true,
    );
  });

  test("is signed with both secrets during a rotation, the current one first", async () => {
    await using client = await open({ previousCallbackSecret });
    await using receiver = await startReceiver();
    await ended(client, receiver.url);
    const [received] = await receiver.arrived(1);
    if (!received) throw new Error("no webhook received");
    const both = [callbackSecret, previousCallbackSecret].map((secret) => signature(received, secret));
    expect(received.headers["x-toapis-webhook-signature"]).toBe(both.join(","));
  });

  test("refused: sent eight times over 31 hours, with the same id and body", async () => {
    // 31 provider-hours pass in 2.2 seconds.
    await using client = await open({ clockFactor: 50_000 });
    await using receiver = await startReceiver();
    receiver.answerNext(500, 404, 302, 503, 500, 500, 500, 500);
    const startedAt = performance.now();
    await ended(client, receiver.url);
    await soon(async () => (await client.get("/simulator/stats")).at("callbacks.givenUp")).toBe(1);
    expect(performance.now() - startedAt).toBeGreaterThan(((24 + 6 + 1) * 3_600_000) / 50_000);
    expect(receiver.received).toHaveLength(8);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers["x-toapis-webhook-id"])).size).toBe(1);
    for (const each of receiver.received) {
      expect(each.headers["x-toapis-webhook-signature"]).toBe(signature(each, callbackSecret));
    }
  });

  test("does not follow redirects", async () => {
    await using client = await open();
    await using elsewhere = await startReceiver();
    const redirect = createServer((_, response) => response.writeHead(307, { location: elsewhere.url }).end());
    await new Promise<void>((resolve) => redirect.listen(0, "127.0.0.1", resolve));
    const address = redirect.address();
    await ended(client, `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`);
    await soon(async () => (await client.get("/simulator/stats")).at("callbacks.failedTries")).toBe(1);
    redirect.close();
    redirect.closeAllConnections();
    expect(elsewhere.received).toEqual([]);
  });
});

describe("a callback_url", () => {
  const refused = async (client: TestClient, callback_url: string) =>
    (await client.toapis.create({ callback_url })).at("error");

  test("is refused if the token has no webhook", async () => {
    await using client = await open({ callbackSecret: undefined });
    const refusal = await client.toapis.create({ callback_url: "https://callbacks.example.com/toapis" });
    expect(refusal).toMatchObject({ status: 400, body: { error: { code: "webhook_not_configured" } } });
  });

  test("is refused if it is not a public https URL", async () => {
    await using client = await openSimulator({ callbackSecret });
    expect(await refused(client, "http://127.0.0.1:9/hook")).toMatchObject({
      message: expect.stringContaining("https"),
    });
    expect((await client.toapis.create({ callback_url: "https://callbacks.example.com/" })).status).toBe(200);
  });

  test("may differ from the token's default only in path and query (T-V17)", async () => {
    await using client = await open({ webhookUrl: "https://callbacks.example.com:8443/default" });
    const same = await client.toapis.create({ callback_url: "https://callbacks.example.com:8443/other?row=7" });
    expect(same.status).toBe(200);
    for (const other of ["https://callbacks.example.com/default", "https://other.example.com:8443/default"]) {
      expect(await refused(client, other)).toMatchObject({ message: expect.stringContaining("origin") });
    }
  });

  test("absent: the token's default", async () => {
    await using receiver = await startReceiver();
    await using client = await open({ webhookUrl: receiver.url });
    const id = await ended(client, undefined);
    const [received] = await receiver.arrived(1);
    expect(json(received).data.task_id).toBe(id);
  });
});

describe("faults", () => {
  test("callback-none, -twice and -early apply to webhooks too", async () => {
    await using client = await open();
    await using receiver = await startReceiver();
    await ended(client, receiver.url, { prompt: "shiba [[fault:callback-none]]" });
    const early = await client.toapis.start({ callback_url: receiver.url, prompt: "a [[fault:callback-early]]" });
    expect(receiver.received.map((each) => json(each).data.task_id)).toEqual([early]);
    await ended(client, receiver.url, { prompt: "shiba [[fault:callback-twice]]" });
    const [, second, third] = await receiver.arrived(3);
    expect(second?.headers["x-toapis-webhook-id"]).toBe(third?.headers["x-toapis-webhook-id"]);
  });

  test("callback-forged-signature: sends a false completion with an invalid signature", async () => {
    await using client = await open({ finishAfterPolls: 3 });
    await using receiver = await startReceiver();
    await client.toapis.start({ callback_url: receiver.url, prompt: "a [[fault:callback-forged-signature]]" });
    const [forged] = await receiver.arrived(1);
    expect(json(forged)).toMatchObject({ type: "generation.completed", data: { status: "completed" } });
    expect(forged?.headers["x-toapis-webhook-signature"]).toMatch(/^v1=[0-9a-f]{64}$/);
    expect(forged && forged.headers["x-toapis-webhook-signature"] === signature(forged, callbackSecret)).toBe(false);
  });
});
