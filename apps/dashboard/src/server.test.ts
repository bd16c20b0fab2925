import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cookieOf, openTestDashboard, type TestDashboard } from "./test-dashboard.ts";

let dashboard: TestDashboard;
let nowMs = Date.now();

beforeAll(async () => {
  dashboard = await openTestDashboard({ now: () => nowMs });
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const bare = (method: string, path: string, headers: Record<string, string> = {}) =>
  fetch(`${dashboard.url}${path}`, { method, headers, redirect: "manual" });

describe("without a session", () => {
  const pages = [
    "/",
    "/queue/generations",
    "/queue/generations/x",
    "/static/favicon.ico",
    "/static/js/main.js",
    "/logout",
    "/nothing",
    "//healthz",
    "/login/..%2f",
  ];
  test.each(pages)("GET %s leads to the login", async (path) => {
    const answer = await bare("GET", path);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/login"]);
  });

  const calls = [
    ["GET", "/api/queues"],
    ["GET", "/api/redis/stats"],
    ["GET", "/api/nothing"],
    ["PUT", "/api/queues/generations/x/retry"],
    ["POST", "/api/queues/submit/add"],
    ["PATCH", "/api/queues/submit/x/update-data"],
    ["PUT", "/"],
    ["DELETE", "/login"],
    ["OPTIONS", "/api/queues"],
    ["PROPFIND", "/nothing"],
  ] as const;
  test.each(calls)("%s %s answers 401", async (method, path) => {
    const answer = await bare(method, path, { origin: dashboard.url });
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ error: "Not logged in" })]);
  });

  test("only health and the login form answer", async () => {
    expect(await (await bare("GET", "/healthz")).json()).toEqual({ ok: true, reasons: [] });
    const form = await bare("GET", "/login");
    expect(form.status).toBe(200);
    expect(await form.text()).toContain('<form method="post" action="/login">');
  });

  test("a cookie that was not signed here opens nothing", async () => {
    const genuine = cookieOf(await dashboard.logIn("admin", "operator-password"));
    for (const cookie of [`${genuine}x`, genuine.replace(/\.\d+/, ".9999999999999"), "reelqueue_dashboard=operator"]) {
      expect((await bare("GET", "/api/queues", { cookie })).status).toBe(401);
    }
    expect((await bare("GET", "/api/queues", { cookie: genuine })).status).toBe(200);
  });
});

describe("logging in", () => {
  test("gives a session that no script and no other site can use, for twelve hours", async () => {
    const answer = await dashboard.logIn("admin", "operator-password");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const given = answer.headers.get("set-cookie");
    expect(given).toContain("HttpOnly");
    expect(given).toContain("SameSite=Strict");
    expect(given).toContain("Max-Age=43200");
    const cookie = cookieOf(answer);
    expect((await bare("GET", "/", { cookie })).status).toBe(200);
    nowMs += 12 * 3_600_000 + 1;
    expect((await bare("GET", "/", { cookie })).status).toBe(302);
    nowMs -= 12 * 3_600_000 + 1;
  });

  test("behind TLS the session is sent over TLS only", async () => {
    const answer = await fetch(`${dashboard.url}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: dashboard.url, "x-forwarded-proto": "https" },
      body: new URLSearchParams({ user: "admin", password: "operator-password" }),
    });
    expect(answer.headers.get("set-cookie")).toContain("Secure");
  });

  test("logging out takes the session from the browser", async () => {
    const answer = await dashboard.viewer.send("GET", "/logout");
    expect(answer.headers.get("location")).toBe("/login");
    expect(answer.headers.get("set-cookie")).toMatch(/^reelqueue_dashboard=;.*Expires=Thu, 01 Jan 1970/);
  });

  test.each([
    ["admin", "viewer-password"],
    ["guest", "operator-password"],
    ["admin", ""],
    ["", ""],
    ["nobody", "operator-password"],
  ])("user %j with password %j is wrong", async (user, password) => {
    nowMs += 3_600_000;
    const answer = await dashboard.logIn(user, password);
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null]);
  });

  test("after some wrong passwords even the right one has to wait, longer and longer", async () => {
    nowMs += 3_600_000;
    const guess = async () => (await dashboard.logIn("admin", "wrong")).status;
    const ten = [];
    for (let i = 0; i < 10; i += 1) ten.push(await guess());
    expect(ten).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
    const locked = await dashboard.logIn("admin", "operator-password");
    expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "1"]);
    nowMs += 1_000;
    expect(await guess()).toBe(401);
    expect((await dashboard.logIn("admin", "operator-password")).headers.get("retry-after")).toBe("2");
    nowMs += 2_000;
    expect((await dashboard.logIn("admin", "operator-password")).status).toBe(303);
  });

  test("a form that another site sends is refused", async () => {
    const body = new URLSearchParams({ user: "admin", password: "operator-password" });
    const foreign = { method: "POST", body, headers: { origin: "https://evil.example" } };
    expect((await fetch(`${dashboard.url}/login`, foreign)).status).toBe(403);
  });

  test("no password is ever logged", () => {
    expect(dashboard.logs()).toContain("a login failed");
    expect(dashboard.logs()).not.toMatch(/operator-password|viewer-password|wrong"/);
  });
});

describe("what changes something", () => {
  const path = "/api/queues/submit/resume";

  test.each<[string, Record<string, string>]>([
    ["no origin at all", {}],
    ["another origin", { origin: "https://evil.example" }],
    ["the same host under another port", { origin: "http://127.0.0.1:1" }],
    ["an opaque origin", { origin: "null" }],
    ["another site, as the browser says", { "sec-fetch-site": "cross-site" }],
    ["another subdomain, as the browser says", { "sec-fetch-site": "same-site" }],
  ])("is refused from %s", async (_, headers) => {
    const answer = await dashboard.operator.send("PUT", path, headers);
    expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ error: "Refused" })]);
  });

  test("is done for the page itself", async () => {
    expect((await dashboard.operator.send("PUT", path)).status).toBe(200);
    expect((await dashboard.operator.send("PUT", path, { "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("is refused to a viewer, and his page has no buttons for it", async () => {
    for (const action of ["submit/resume", "generations/x/retry", "deliveries/x/retry", "submit/clean/failed"]) {
      expect((await dashboard.viewer.send("PUT", `/api/queues/${action}`)).status).toBe(403);
    }
    const page = { activeQueue: "generations", status: "failed" };
    expect((await dashboard.operator.queues(page)).generations).toMatchObject({
      readOnlyMode: false,
      allowRetries: true,
    });
    expect((await dashboard.viewer.queues(page)).generations).toMatchObject({
      readOnlyMode: true,
      allowRetries: false,
    });
  });

  test("has no buttons on the overview, where they would act on all queues", async () => {
    const seen = Object.values(await dashboard.operator.queues());
    expect(seen.map(({ readOnlyMode }) => readOnlyMode)).toEqual(seen.map(() => true));
  });
});

test("every answer, the refused ones too, carries the security headers", async () => {
  const answers = [
    await bare("GET", "/"),
    await bare("GET", "/login"),
    await bare("GET", "/healthz"),
    await bare("PUT", "/api/queues/pause"),
    await dashboard.operator.send("GET", "/"),
    await dashboard.operator.send("GET", "/static/favicon.ico"),
    await dashboard.operator.send("GET", "/api/queues"),
    await dashboard.operator.send("GET", "/nothing"),
  ];
  for (const { headers } of answers) {
    expect(headers.get("content-security-policy")).toMatch(
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).not.toBeNull();
  }
});
