import type { GenerationPage } from "@reelqueue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { broughtTo, withVideo } from "./testing/generations.ts";
import { routesOf } from "./testing/routes.ts";

let api: TestApi;
let id = "";
let delivery = "";
beforeAll(async () => {
  api = await startApi();
  id = await withVideo(api, Buffer.from("a video"), { tenant: "acme", batch: "of-acme" });
  const announced = await broughtTo(api, "failed", { tenant: "acme", webhook: "http://127.0.0.1:9/hook" });
  delivery = `msg_${announced}_1`;
});
afterAll(() => api[Symbol.asyncDispose]());

/** Every route under /v1, and the status that a key of another tenant gets for a generation of `acme`. */
const routes: [method: string, path: string, others: number, body?: unknown][] = [
  ["GET", "/v1/generations/:id", 404],
  ["GET", "/v1/generations/:id/outputs/:n", 404],
  ["HEAD", "/v1/generations/:id/outputs/:n", 404],
  ["GET", "/v1/generations/:id/deliveries", 404],
  ["POST", "/v1/generations/:id/cancel", 404],
  ["POST", "/v1/generations/:id/retry", 404],
  ["POST", "/v1/generations/:id/review", 403, { finding: "unsent" }],
  ["GET", "/v1/batches/:name", 404],
  ["GET", "/v1/batches/:name?tenant=acme", 404],
  ["GET", "/v1/generations?tenant=acme", 403],
  ["POST", "/v1/deliveries/:delivery/replay", 404],
  ["GET", "/v1/deliveries", 403],
  ["POST", "/v1/accounts/:account/pause", 403],
  ["POST", "/v1/accounts/:account/resume", 403],
  ["GET", "/v1/orphans", 403],
  ["POST", "/v1/orphans/ack", 403, { taskId: "t" }],
  ["GET", "/v1/installation", 403],
  ["POST", "/v1/generations", 400, { prompt: "x", tenant: "acme" }],
  ["POST", "/v1/generations/batch?atomic=true", 400, [{ prompt: "x", tenant: "acme" }]],
  ["POST", "/v1/quotes", 400, { prompt: "x" }],
  // not about a generation
  ["GET", "/v1/accounts", 200],
  ["POST", "/v1/media", 400],
];

function filled(path: string): string {
  const names: Record<string, string> = { id, n: "0", name: "of-acme", delivery, account: "hiapi" };
  return path.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? "");
}

describe.each(routes)("%s %s", (method, path, others, body) => {
  test.each(["none", "wrong"] as const)("with %s key: 401", async (key) => {
    const answer = await api.call(filled(path), { method, key, body });
    if (method === "HEAD") expect(answer.status).toBe(401);
    else expect((await errorIn(answer, 401)).code).toBe("unauthorized");
  });

  test(`with another tenant's key: ${others}`, async () => {
    const answer = await api.call(filled(path), { method, key: "rival", body });
    if (others === 200 || method === "HEAD") expect(answer.status).toBe(others);
    else await errorIn(answer, others);
  });
});

test("the table lists every route under /v1", async () => {
  const plain = (route: string) => route.replace(/\?.*/, "").replace(/:\w+/g, ":");
  const known = new Set(routes.map(([method, path]) => plain(`${method} ${path}`)));
  const all = (await routesOf(api.installation)).filter((route) => route.includes(" /v1/"));
  expect(all.length).toBeGreaterThan(10);
  for (const route of all) expect.soft(known).toContain(plain(route));
});

test("list: a tenant sees its own generations; an operator sees all, or those of one tenant", async () => {
  const idsFor = async (key: "rival" | "acme" | "operator", query = "") => {
    const page = await jsonOf<GenerationPage>(api.call(`/v1/generations?limit=100${query}`, { key }));
    return page.generations.map((each) => each.id);
  };
  expect(await idsFor("rival")).toEqual([]);
  expect(await idsFor("acme")).toContain(id);
  expect(await idsFor("operator")).toContain(id);
  expect(await idsFor("operator", "&tenant=rival")).toEqual([]);
});

test("an operator reads every tenant's generations and batches", async () => {
  expect((await api.call(`/v1/generations/${id}`)).status).toBe(200);
  expect((await api.call("/v1/batches/of-acme?tenant=acme")).status).toBe(200);
});

test("no API key, provider key or Redis address is in any answer or log line", async () => {
  const texts = [api.logged()];
  for (const [method, path, , body] of routes)
    texts.push(await (await api.call(filled(path), { method, body })).text());
  const all = texts.join("\n");
  expect(all).not.toMatch(/canary-provider-key|key-of-|redis:\/\//);
});
