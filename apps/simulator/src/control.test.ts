import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openSimulator, soon } from "./testing/client.ts";

test("the ledger sums charges and refunds in total, by vendor and by marker", async () => {
  await using client = await openSimulator();
  const good = await client.jiekou.start({ prompt: "frog [[marker:good]]" });
  const failed = await client.hiapi.start({ prompt: "cup [[marker:failed]] [[fault:task-fails]]" });
  await client.hiapi.read(failed);
  await client.hiapi.create({ prompt: "unmarked" });
  const price = { jiekou: 281_200, hiapi: 240_000 };
  const goodRow = { tasks: 1, charges: 1, refunds: 0, chargedMicroUsd: price.jiekou, refundedMicroUsd: 0 };
  const failedRow = {
    tasks: 1,
    charges: 1,
    refunds: 1,
    chargedMicroUsd: price.hiapi,
    refundedMicroUsd: price.hiapi,
  };
  expect((await client.ledger()).body).toEqual({
    tasks: 3,
    charges: 3,
    refunds: 1,
    chargedMicroUsd: price.jiekou + 2 * price.hiapi,
    refundedMicroUsd: price.hiapi,
    byVendor: {
      jiekou: goodRow,
      hiapi: { ...failedRow, tasks: 2, charges: 2, chargedMicroUsd: 2 * price.hiapi },
    },
    byMarker: { good: { ...goodRow, taskIds: [good] }, failed: { ...failedRow, taskIds: [failed] } },
    duplicates: [],
    forgottenTasks: 0,
  });
  expect((await client.ledger("failed")).body).toMatchObject({ ...failedRow, byMarker: { failed: failedRow } });
  expect((await client.ledger("failed")).at("byMarker.good")).toBeUndefined();
  expect((await client.ledger("failed")).at("byVendor")).toEqual({ hiapi: failedRow });
  expect((await client.ledger("nobody")).body).toMatchObject({ tasks: 0, charges: 0, byMarker: {} });
});

test("the ledger reports two unrefunded charges under one marker as a duplicate, but not one refunded and one kept", async () => {
  await using client = await openSimulator();
  for (const prompt of ["a [[marker:twice]]", "b [[marker:twice]]", "c [[marker:retried]]"]) {
    await client.jiekou.start({ prompt });
  }
  await client.jiekou.read(await client.jiekou.start({ prompt: "d [[marker:retried]] [[fault:task-fails]]" }));
  expect((await client.ledger()).at("duplicates")).toEqual(["twice"]);
});

test("tasks are listed newest first, filtered by state and limited in number", async () => {
  await using client = await openSimulator();
  const ids = [];
  for (let number = 0; number < 3; number++) ids.push(await client.hiapi.start({ prompt: `cup [[marker:${number}]]` }));
  await client.hiapi.read(ids[1] ?? "");
  const all = await client.get("/simulator/tasks?limit=2");
  expect([all.at("tasks.0.id"), all.at("tasks.1.id"), all.at("tasks.2.id")]).toEqual([ids[2], ids[1], undefined]);
  expect(all.at("tasks.1")).toMatchObject({
    vendor: "hiapi",
    key: "key-a",
    marker: "1",
    state: "succeeded",
    model: "seedance-2-0",
    resolution: "480p",
    seconds: 4,
    ratio: "16:9",
    microUsd: 240_000,
    refunded: false,
    reads: 1,
    faults: [],
  });
  const done = await client.get("/simulator/tasks?state=succeeded");
  expect(done.at("tasks.0.id")).toBe(ids[1]);
  expect(done.at("tasks.1")).toBeUndefined();
  expect((await client.get("/simulator/tasks?state=odd")).status).toBe(400);
});

test("the log has each request with its marker, fault and status, and counts by route and status", async () => {
  await using client = await openSimulator({ keepLog: 3 });
  await client.hiapi.create(
    { prompt: "cup [[marker:m]] [[fault:submit-503]]" },
    { key: "a-key-that-looks-like-a-real-one" },
  );
  await client.jiekou.create({ prompt: "frog [[fault:accept-reset]]" }).catch(() => undefined);
  await client.hiapi.create({}, { key: "" });
  const log = await client.get("/simulator/log");
  expect(log.at("requests")).toEqual([
    { at: expect.any(Number), method: "POST", path: "/hiapi/v1/tasks", key: "", status: 401 },
    {
      at: expect.any(Number),
      method: "POST",
      path: "/jiekou/v3/async/seedance-2.0",
      key: "key-a",
      status: 0,
      fault: "accept-reset",
    },
    {
      at: expect.any(Number),
      method: "POST",
      path: "/hiapi/v1/tasks",
      key: "a-k…-one",
      status: 503,
      marker: "m",
      fault: "submit-503",
    },
  ]);
  for (let read = 0; read < 5; read++) await client.hiapi.read("none");
  const later = await client.get("/simulator/log?limit=2");
  expect(later.at("requests")).toHaveLength(2);
  expect((await client.get("/simulator/log")).at("requests")).toHaveLength(3);
  expect(later.at("routes")).toEqual({
    "POST /hiapi/v1/tasks": { 401: 1, 503: 1 },
    "POST /jiekou/v3/async/seedance-2.0": { 0: 1 },
    "GET /hiapi/v1/tasks/:taskId": { 404: 5 },
  });
});

test("statistics: peak tasks in flight and peak requests in a window, per key", async () => {
  await using client = await openSimulator({ limits: {}, clockFactor: 1 });
  const ids = await Promise.all([1, 2, 3].map(() => client.hiapi.start()));
  for (const id of ids) await client.hiapi.read(id);
  const stats = await client.get("/simulator/stats");
  expect(stats.at("accounts")).toEqual([
    {
      vendor: "hiapi",
      key: "key-a",
      running: 0,
      peakRunning: 3,
      requests: 6,
      refusedRequests: 0,
      refusedTasks: 0,
      peakRequestsInWindow: 6,
    },
  ]);
  expect(stats.at("tasks")).toMatchObject({ queued: 0, succeeded: 3 });
});

describe("switches", () => {
  test("refuse an unknown fault and a rate above 1", async () => {
    await using client = await openSimulator();
    expect((await client.post("/simulator/faults", { rates: { "poll-501": 0.1 } })).status).toBe(400);
    expect((await client.post("/simulator/faults", { rates: { "poll-500": 2 } })).status).toBe(400);
    expect((await client.get("/simulator/faults")).at("rates")).toEqual({});
  });

  test("reset removes tasks, bill and log, restores the rates, and cancels pending actions", async () => {
    await using client = await openSimulator({ rates: { slow: 0.5 }, acceptLateMs: 50_000 });
    const id = await client.hiapi.start({ prompt: "cup [[marker:m]]" });
    await client.hiapi.create({ prompt: "cup [[fault:accept-late]]" }).catch(() => undefined);
    await client.post("/simulator/faults", { rates: { stuck: 1 } });
    expect((await client.post("/simulator/reset", {})).status).toBe(200);
    expect((await client.hiapi.read(id)).status).toBe(404);
    expect((await client.get("/simulator/faults")).at("rates")).toEqual({ slow: 0.5 });
    expect((await client.ledger()).body).toMatchObject({ tasks: 0, charges: 0, byMarker: {} });
    await client.hiapi.create({ prompt: "cup [[marker:after]] [[fault:accept-late]]" }).catch(() => undefined);
    await soon(async () => (await client.ledger("after")).at("charges")).toBe(1);
    expect((await client.ledger()).at("charges")).toBe(1);
  });
});

test("the page shows tasks and bill, and escapes markup from prompts", async () => {
  await using client = await openSimulator();
  await client.jiekou.create({ prompt: "frog [[marker:<script>alert(1)</script>]]" });
  const page = await client.get("/");
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.text).toContain("$0.28");
  expect(page.text).toContain("<td>jiekou</td>");
  expect(page.text).toContain("&#60;script&#62;");
  expect(page.text).not.toContain("<script>");
});

test("/healthz answers 200", async () => {
  await using client = await openSimulator();
  expect(await client.get("/healthz")).toMatchObject({ status: 200, body: { ok: true } });
});

test("the proof is a hash of the caller's nonce", async () => {
  await using client = await openSimulator();
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const { body } = await client.get("/simulator/proof?nonce=n1");
  expect(body).toEqual({ proof: sha256("reelqueue simulator n1") });
  expect((await client.get("/simulator/proof")).status).toBe(400);
});
