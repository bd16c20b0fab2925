import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AccountView, DeliveryView, InstallationView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { simulatorCheck } from "./simulated.ts";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { broughtTo, queued } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api[Symbol.asyncDispose]());

describe("accounts", () => {
  const accounts = async (key: "operator" | "acme" = "operator") =>
    (await jsonOf<{ accounts: AccountView[] }>(api.call("/v1/accounts", { key }))).accounts;

  test("pause: the account shows the reason, and why generations wait; resume: it does not", async () => {
    const paused = await jsonOf<AccountView>(
      api.call("/v1/accounts/hiapi/pause", { body: { reason: "new key comes at noon" } }),
    );
    expect(paused.paused).toBe("new key comes at noon");
    await queued(api, { account: "hiapi" });
    expect((await accounts())[0]).toMatchObject({
      name: "hiapi",
      waiting: 1,
      reason: "account paused: new key comes at noon",
      live: true,
    });
    const resumed = await jsonOf<AccountView>(api.call("/v1/accounts/hiapi/resume", { method: "POST" }));
    expect(resumed).not.toHaveProperty("paused");
  });

  test("live: only the simulator's own proof says that nothing is paid, not a loopback address", async () => {
    await using proxy = await answering((path) => (path === "/hiapi" ? "{}" : undefined));
    await using echo = await answering((path) => path);
    await using simulator = await answering((path) => {
      const nonce = path.match(/^\/simulator\/proof\?nonce=(.+)$/)?.[1];
      const proof = createHash("sha256").update(`reelqueue simulator ${nonce}`).digest("hex");
      return nonce && JSON.stringify({ proof });
    });
    const isSimulated = simulatorCheck(api.installation);
    const urls = [proxy.url, echo.url, simulator.url, "https://127.0.0.1:9", "http://127.0.0.1:9"];
    const answers = await Promise.all(urls.map((url) => isSimulated({ baseUrl: `${url}/hiapi` })));
    expect(answers).toEqual([false, false, true, false, false]);
  });

  test("base URL and spending are shown to operators only", async () => {
    expect((await accounts())[0]).toMatchObject({
      baseUrl: "http://127.0.0.1:9/hiapi",
      spentTodayUsd: 0,
      dailyBudgetUsd: null,
    });
    const [seen] = await accounts("acme");
    expect(seen).not.toHaveProperty("baseUrl");
    expect(seen).not.toHaveProperty("spentTodayUsd");
  });

  test("an unknown account is 404 and lists the known ones; an invalid reason is 400", async () => {
    expect((await errorIn(await api.call("/v1/accounts/nobody/pause", { method: "POST" }), 404)).message).toContain(
      "hiapi, jiekou",
    );
    await errorIn(await api.call("/v1/accounts/hiapi/pause", { body: { reason: "" } }), 400);
    await errorIn(await api.call("/v1/accounts/hiapi/pause", { body: { why: "x" } }), 400);
  });
});

describe("deliveries", () => {
  test("the deliveries of a generation are listed with their bodies, and one can be replayed", async () => {
    const id = await broughtTo(api, "failed", { webhook: "http://127.0.0.1:9/hook" });
    const { deliveries } = await jsonOf<{ deliveries: DeliveryView[] }>(
      api.call(`/v1/generations/${id}/deliveries`, { key: "acme" }),
    );
    expect(deliveries).toEqual([
      expect.objectContaining({
        id: `msg_${id}_1`,
        generation: id,
        state: "pending",
        body: '{"type":"generation.failed"}',
      }),
    ]);
    const { items, lease } = await ledger.claimDeliveries(api.installation.cell, {
      limit: 10,
      perEndpoint: 10,
      leaseMs: 1_000,
    });
    for (const item of items)
      await ledger.delivered(api.installation.cell, item, lease, { state: "exhausted", note: "gone" });
    const replayed = await api.call(`/v1/deliveries/msg_${id}_1/replay`, { method: "POST", key: "acme" });
    expect([replayed.status, (await jsonOf<DeliveryView>(replayed)).state]).toEqual([202, "pending"]);
    const pending = await jsonOf<{ deliveries: DeliveryView[] }>(api.call("/v1/deliveries?state=pending"));
    expect(pending.deliveries.map((each) => each.id)).toContain(`msg_${id}_1`);
  });

  test("an unknown delivery is 404; an invalid page is 400", async () => {
    for (const id of ["msg_x_1", "../x", "*"])
      await errorIn(await api.call(`/v1/deliveries/${encodeURIComponent(id)}/replay`, { method: "POST" }), 404);
    await errorIn(await api.call("/v1/deliveries?state=lost"), 400);
    await errorIn(await api.call("/v1/deliveries?limit=1000"), 400);
  });
});

test("installation: callbacks are bad after three finished tasks without one, until the next one comes", async () => {
  await using open = await startApi({ publicUrl: "https://here.example" });
  const { cell } = open.installation;
  const check = async () => {
    const { checks } = await jsonOf<InstallationView>(open.call("/v1/installation"));
    return checks.find(({ name }) => name === "callbacks");
  };
  expect(await check()).toMatchObject({ ok: true, sentence: expect.stringContaining("none has come yet") });
  for (let missed = 0; missed < 3; missed += 1) await ledger.countMissedCallback(cell, "hiapi");
  expect(await check()).toMatchObject({ ok: false, sentence: expect.stringContaining("3 tasks of account hiapi") });
  const heard = { account: "hiapi", attempt: "1", gapMs: 0, lookUpInMs: 0 };
  await ledger.makeDueNow(cell, await broughtTo(open, "running", { account: "hiapi" }), ["poll"], heard);
  expect(await check()).toMatchObject({ ok: true, sentence: expect.stringContaining("the last came at") });
});

test("installation: where files are stored, and every check with one sentence", async () => {
  await ledger.pause(api.installation.cell, "jiekou", "balance");
  await broughtTo(api, "needs_review");
  const { outputsDirectory, checks } = await jsonOf<InstallationView>(api.call("/v1/installation"));
  expect(outputsDirectory).toBe(api.installation.config.outputs.directory);
  const bad = checks.filter(({ ok }) => !ok);
  expect(bad.map(({ name }) => name)).toEqual(["account jiekou", "review"]);
  expect(bad[0]?.sentence).toContain("./reelqueue resume jiekou");
  for (const name of ["redis", "durability", "clock", "disk", "account hiapi", "callbacks", "API keys"]) {
    expect(checks.find((check) => check.name === name)?.ok, name).toBe(true);
  }
  await ledger.resume(api.installation.cell, "jiekou");
});

/** A server whose answers are the texts for paths; without one, it answers 404. */
async function answering(textOf: (path: string) => string | undefined): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(({ url = "" }, response) => {
    const text = textOf(url);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
