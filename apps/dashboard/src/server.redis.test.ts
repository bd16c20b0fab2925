import { createLogger } from "@reelqueue/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openLogins } from "./login/logins.ts";
import { createServer } from "./server.ts";
import { cookieOf, openTestDashboard, sessionKey, type TestDashboard } from "./test-dashboard.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  dashboard = await openTestDashboard();
});
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]();
  vi.useRealTimers();
});

const advance = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Asks after `ms`, then turns the clock back. */
async function later(ms: number, ask: () => Promise<void>): Promise<void> {
  advance(ms);
  await ask().finally(() => advance(-ms));
}

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
  test.each(pages)("GET %s: redirect to the login", async (path) => {
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
  test.each(calls)("%s %s: 401", async (method, path) => {
    const answer = await bare(method, path, { origin: dashboard.url });
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ error: "Not logged in" })]);
  });

  test("health and the login form: answered", async () => {
    expect(await (await bare("GET", "/healthz")).json()).toEqual({ ok: true, reasons: [] });
    const form = await bare("GET", "/login");
    expect(form.status).toBe(200);
    expect(await form.text()).toContain('<form method="post" action="/login">');
  });

  test("a cookie with a wrong signature: 401", async () => {
    const genuine = cookieOf(await dashboard.logIn("admin", "operator-password"));
    const another = cookieOf(await dashboard.logIn("admin", "operator-password"));
    const [id = "", signature = ""] = genuine.split(".");
    const forged = [
      `${genuine}x`,
      id,
      `${id}.`,
      `${another.split(".")[0]}.${signature}`,
      "reelqueue_dashboard=operator",
    ];
    for (const cookie of forged) {
      expect((await bare("GET", "/api/queues", { cookie })).status).toBe(401);
    }
    expect((await bare("GET", "/api/queues", { cookie: genuine })).status).toBe(200);
  });
});

/** The keys in Redis of the session that a cookie names. */
function sessionKeys(cookie: string): Promise<string[]> {
  const [id = ""] = cookie.slice("reelqueue_dashboard=".length).split(".");
  return dashboard.installation.cell.redis.keys(`*${id}*`);
}

describe("login", () => {
  test("success: a session that no script and no other site can use, for 12 hours", async () => {
    const answer = await dashboard.logIn("admin", "operator-password");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const given = answer.headers.get("set-cookie");
    expect(given).toContain("HttpOnly");
    expect(given).toContain("SameSite=Strict");
    expect(given).not.toContain("Secure");
    expect(given).toContain(`Expires=${new Date(Math.floor(Date.now() / 1_000) * 1_000 + 43_200_000).toUTCString()}`);
    const cookie = cookieOf(answer);
    expect((await bare("GET", "/", { cookie })).status).toBe(200);
    const [key = ""] = await sessionKeys(cookie);
    const msLeft = await dashboard.installation.cell.redis.pttl(key);
    expect(msLeft).toBeGreaterThan(43_100_000);
    expect(msLeft).toBeLessThanOrEqual(43_200_000);
    await later(43_200_001, async () => expect((await bare("GET", "/", { cookie })).status).toBe(302));
  });

  test("use does not extend a session", async () => {
    const cookie = cookieOf(await dashboard.logIn("admin", "operator-password"));
    await later(40_000_000, async () => {
      const used = await bare("GET", "/", { cookie });
      expect([used.status, used.headers.get("set-cookie")]).toEqual([200, null]);
    });
    await later(43_200_001, async () => expect((await bare("GET", "/", { cookie })).status).toBe(302));
  });

  test("with the cookie of an earlier session: a new session of 12 hours, and the earlier one ends", async () => {
    const first = cookieOf(await dashboard.logIn("guest", "viewer-password"));
    await later(3_600_000, async () => {
      const second = cookieOf(await dashboard.logIn("admin", "operator-password", { cookie: first }));
      expect(second.split(".")[0]).not.toBe(first.split(".")[0]);
      expect((await bare("GET", "/", { cookie: first })).status).toBe(302);
      await later(43_199_000, async () => expect((await bare("GET", "/", { cookie: second })).status).toBe(200));
    });
  });

  test("a new password ends the sessions of the old one", async () => {
    const cookie = cookieOf(await dashboard.logIn("admin", "operator-password"));
    const status = async (password: string) => {
      const server = await createServer({
        logins: openLogins({ operator: { user: "admin", password } }, sessionKey),
        sessionKey,
        cell: dashboard.installation.cell,
        board: (_app, _options, done) => done(),
        log: createLogger({ name: "dashboard", level: "silent" }),
      });
      const { statusCode } = await server.inject({ url: "/api/queues", headers: { cookie } });
      await server.close();
      return statusCode;
    };
    expect([await status("operator-password"), await status("another-password")]).toEqual([404, 401]);
  });

  test("behind TLS: a session that is sent over TLS only", async () => {
    const answer = await fetch(`${dashboard.url}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: dashboard.url, "x-forwarded-proto": "https" },
      body: new URLSearchParams({ user: "admin", password: "operator-password" }),
    });
    expect(answer.headers.get("set-cookie")).toContain("Secure");
    expect((await bare("GET", "/", { cookie: cookieOf(answer) })).status).toBe(200);
  });

  test("logging out ends the session in Redis and removes the cookie from the browser", async () => {
    const cookie = cookieOf(await dashboard.logIn("guest", "viewer-password"));
    expect(await sessionKeys(cookie)).toHaveLength(1);
    const answer = await bare("GET", "/logout", { cookie });
    expect(answer.headers.get("location")).toBe("/login");
    expect(answer.headers.get("set-cookie")).toMatch(/^reelqueue_dashboard=;.*Expires=Thu, 01 Jan 1970/);
    expect(await sessionKeys(cookie)).toEqual([]);
    expect((await bare("GET", "/api/queues", { cookie })).status).toBe(401);
  });

  test.each([
    ["admin", "viewer-password"],
    ["guest", "operator-password"],
    ["admin", ""],
    ["", ""],
    ["nobody", "operator-password"],
  ])("user %j with password %j: 401", async (user, password) => {
    advance(3_600_000);
    const answer = await dashboard.logIn(user, password);
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, null]);
  });

  test("after five wrong passwords every attempt waits, longer and longer, the right password too", async () => {
    advance(3_600_000);
    const guess = async () => (await dashboard.logIn("admin", "wrong")).status;
    const ten = [];
    for (let i = 0; i < 10; i += 1) ten.push(await guess());
    expect(ten).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
    const locked = await dashboard.logIn("admin", "operator-password");
    expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "1"]);
    advance(1_000);
    expect(await guess()).toBe(401);
    expect((await dashboard.logIn("admin", "operator-password")).headers.get("retry-after")).toBe("2");
    advance(2_000);
    expect((await dashboard.logIn("admin", "operator-password")).status).toBe(303);
  });

  test("a form from another site: 403", async () => {
    const body = new URLSearchParams({ user: "admin", password: "operator-password" });
    const foreign = { method: "POST", body, headers: { origin: "https://evil.example" } };
    expect((await fetch(`${dashboard.url}/login`, foreign)).status).toBe(403);
  });

  test("no password is logged", () => {
    expect(dashboard.logs()).toContain("login failed");
    expect(dashboard.logs()).not.toMatch(/operator-password|viewer-password|wrong"/);
  });
});

describe("a change", () => {
  const path = "/api/queues/submit/resume";

  test.each<[string, Record<string, string>]>([
    ["no origin at all", {}],
    ["another origin", { origin: "https://evil.example" }],
    ["the same host under another port", { origin: "http://127.0.0.1:1" }],
    ["an opaque origin", { origin: "null" }],
    ["another site, as the browser says", { "sec-fetch-site": "cross-site" }],
    ["another subdomain, as the browser says", { "sec-fetch-site": "same-site" }],
  ])("from %s: 403", async (_, headers) => {
    const answer = await dashboard.operator.send("PUT", path, headers);
    expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ error: "Refused" })]);
  });

  test("from the page itself: done", async () => {
    expect((await dashboard.operator.send("PUT", path)).status).toBe(200);
    expect((await dashboard.operator.send("PUT", path, { "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("by a viewer: 403, and the page has no buttons for it", async () => {
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

  test("the overview has no buttons, as they would act on all queues", async () => {
    const seen = Object.values(await dashboard.operator.queues());
    expect(seen.map(({ readOnlyMode }) => readOnlyMode)).toEqual(seen.map(() => true));
  });
});

test("every answer has the security headers, refusals too", async () => {
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
