import { describe, expect, test } from "vitest";
import { openSimulator, soon, type TestClient } from "./testing/client.ts";

const marked = (fault: string) => ({ prompt: `cup [[marker:m]] [[fault:${fault}]]` });
const sums = async (client: TestClient) => {
  const { charges, refunds } = (await client.ledger("m")).body as { charges: number; refunds: number };
  return { charges, refunds };
};

describe("refused before acceptance: nothing is charged", () => {
  test.each([
    ["submit-429", 429, "RATE_LIMIT_EXCEEDED"],
    ["submit-503", 503, "SERVICE_NOT_AVAILABLE"],
    ["submit-500", 500, "CREATE_TASK_FAILED"],
    ["reject-moderation", 400, "ILLEGAL_PROMPT"],
  ])("%s answers %i for both vendors", async (fault, status, reason) => {
    await using client = await openSimulator();
    expect(await client.jiekou.create(marked(fault))).toMatchObject({ status, body: { code: status, reason } });
    expect((await client.hiapi.create(marked(fault))).status).toBe(status);
    expect(await sums(client)).toEqual({ charges: 0, refunds: 0 });
  });

  test("`*2`: only the first two times", async () => {
    await using client = await openSimulator();
    const statuses = [];
    for (let number = 0; number < 4; number++)
      statuses.push((await client.hiapi.create(marked("submit-503*2"))).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
    expect((await client.hiapi.create({ prompt: "another [[fault:submit-503*2]]" })).status).toBe(503);
  });

  test("several faults occur one after the other", async () => {
    await using client = await openSimulator();
    const prompt = "cup [[fault:submit-429*1]] [[fault:submit-500*1]]";
    const statuses = [];
    for (let number = 0; number < 3; number++) statuses.push((await client.hiapi.create({ prompt })).status);
    expect(statuses).toEqual([429, 500, 200]);
  });

  test("an unknown fault name is refused", async () => {
    await using client = await openSimulator();
    const refused = await client.hiapi.create(marked("submit-504"));
    expect(refused.status).toBe(400);
    expect(refused.at("message")).toContain("submit-504");
  });
});

describe("accepted, but the answer is lost: charged exactly once", () => {
  test("accept-reset resets the connection", async () => {
    await using client = await openSimulator();
    await expect(client.jiekou.create(marked("accept-reset"))).rejects.toThrow("fetch failed");
    expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test("accept-hang never answers", async () => {
    await using client = await openSimulator();
    const hanging = client.jiekou.create(marked("accept-hang"));
    const ended = hanging.then(
      () => "answered",
      () => "disconnected",
    );
    await soon(() => sums(client)).toEqual({ charges: 1, refunds: 0 });
    await client.simulator.close();
    expect(await ended).toBe("disconnected");
  });

  test.each([
    ["accept-500", 500, /^\{.*\}$/],
    ["accept-broken-json", 200, /^\{"task_id":"[^"}]*$/],
    ["accept-empty", 200, /^$/],
  ])("%s answers %i with a body like %s", async (fault, status, body) => {
    await using client = await openSimulator();
    const got = await client.jiekou.create(marked(fault));
    expect(got.status).toBe(status);
    expect(got.text).toMatch(body);
    expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test.each(["accept-reset", "accept-500", "accept-broken-json", "accept-empty", "accept-hang"])(
    "after %s the same idempotency key replays the task and is not charged again",
    async (fault) => {
      await using client = await openSimulator();
      const headers = { "idempotency-key": "one" };
      const lost = client.hiapi.create(marked(fault), { headers }).catch(() => undefined);
      await soon(() => sums(client)).toEqual({ charges: 1, refunds: 0 });
      await soon(async () =>
        (await client.hiapi.create(marked(fault), { headers })).headers.get("idempotent-replay"),
      ).toBe("true");
      expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
      await client.simulator.close();
      await lost;
    },
  );

  test("without a key the second attempt is a second charge, which the ledger reports as a duplicate", async () => {
    await using client = await openSimulator();
    await client.jiekou.create(marked("accept-500*1"));
    expect((await client.jiekou.create(marked("accept-500*1"))).status).toBe(200);
    const ledger = await client.ledger();
    expect(ledger.at("byMarker.m.charges")).toBe(2);
    expect(ledger.at("duplicates")).toEqual(["m"]);
  });

  test("accept-slow answers correctly after a delay", async () => {
    await using client = await openSimulator({ clockFactor: 50 });
    const startedAt = performance.now();
    expect((await client.hiapi.create(marked("accept-slow"))).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });
});

describe("accept-late", () => {
  test("resets the connection, and accepts the task later", async () => {
    await using client = await openSimulator({ clockFactor: 1_000, acceptLateMs: 1_000_000 });
    await expect(client.jiekou.create(marked("accept-late"))).rejects.toThrow("fetch failed");
    expect(await sums(client)).toEqual({ charges: 0, refunds: 0 });
    await soon(() => sums(client)).toEqual({ charges: 1, refunds: 0 });
  });

  test("accepts no second task if a request with the same key was accepted meanwhile", async () => {
    await using client = await openSimulator({ clockFactor: 1_000, acceptLateMs: 1_000_000 });
    const headers = { "idempotency-key": "one" };
    await expect(client.hiapi.create(marked("accept-late*1"), { headers })).rejects.toThrow("fetch failed");
    const first = await client.hiapi.create(marked("accept-late*1"), { headers });
    expect(first.status).toBe(200);
    await client.hiapi.create({ prompt: "cup [[marker:later]] [[fault:accept-late]]" }).catch(() => undefined);
    await soon(async () => (await client.ledger("later")).at("charges")).toBe(1);
    expect(await sums(client)).toEqual({ charges: 1, refunds: 0 });
  });
});
