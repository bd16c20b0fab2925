import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, startApi, type TestApi } from "./testing/api.ts";

describe("without any configured key", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ tenants: {} });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test("a program on this machine is the tenant default, and the log warns", async () => {
    expect((await api.call("/v1/installation", { key: "none" })).status).toBe(200);
    expect(api.logged()).toContain("NO API KEY IS CONFIGURED");
  });

  test.each([
    ["a proxy", { "x-forwarded-for": "203.0.113.7" }],
    ["a page in a browser", { origin: "https://evil.example" }],
  ])("%s: 401", async (_, headers) => {
    await errorIn(await api.call("/v1/accounts", { key: "none", headers }), 401);
  });
});

describe("with keys", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test("401 says how to authenticate; no other answer does", async () => {
    const refused = await api.call("/v1/accounts", { key: "wrong" });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="reelqueue"']);
    for (const path of ["/v1/accounts", "/v1/nothing", "/healthz"])
      expect((await api.call(path)).headers.get("www-authenticate")).toBeNull();
  });

  test.each(["Bearer ", "Basic a2V5", "Bearer key-of-default extra", "key-of-default", ""])(
    "Authorization %j: 401",
    async (authorization) => {
      await errorIn(await api.call("/v1/accounts", { key: "none", headers: { authorization } }), 401);
    },
  );

  test("an unknown address is 404; a method that the address does not take is 405 with those that it takes", async () => {
    for (const path of ["/", "/v1", "/v1/nothing", "/v2/generations", "/%"]) await errorIn(await api.call(path), 404);
    for (const [method, path, allow] of [
      ["PUT", "/v1/generations", "GET, HEAD, POST"],
      ["GET", "/callbacks/hiapi/x", "POST"],
      ["PUT", "/callbacks/hiapi/x", "POST"],
      ["DELETE", "/v1/accounts", "GET, HEAD"],
      ["POST", "/healthz", "GET, HEAD"],
    ] as const) {
      const answer = await api.call(path, { method, key: "none" });
      expect((await errorIn(answer, 405)).code).toBe("method_not_allowed");
      expect(answer.headers.get("allow")).toBe(allow);
    }
  });

  test("health, readiness and metrics need no key; requests are counted by route, not by URL", async () => {
    await api.call("/v1/generations/secret-looking-id");
    expect(await (await api.call("/healthz", { key: "none" })).json()).toEqual({ ok: true, reasons: [] });
    expect((await api.call("/readyz", { key: "none" })).status).toBe(200);
    const metrics = await (await api.call("/metrics", { key: "none" })).text();
    expect(metrics).toContain(
      'reelqueue_http_request_seconds_count{method="GET",route="/v1/generations/:id",status="404"} 1',
    );
    expect(metrics).not.toContain("secret-looking-id");
  });
});
