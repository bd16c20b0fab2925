import { describe, expect, test } from "vitest";
import { openSimulator } from "./testing/client.ts";

const frog = (fault: string) => ({ prompt: `frog [[marker:m]] [[fault:${fault}]]` });

describe("failed reads", () => {
  test.each([
    ["poll-429", 429, "RATE_LIMIT_EXCEEDED"],
    ["poll-500", 500, "GET_RESULT_FAILED"],
    ["poll-404", 404, "TASK_NOT_FOUND"],
  ])("%s answers %i n times, then the true status", async (fault, status, reason) => {
    await using client = await openSimulator();
    const id = await client.jiekou.start(frog(`${fault}*2`));
    expect(await client.jiekou.read(id)).toMatchObject({ status, body: { reason } });
    expect((await client.jiekou.read(id)).status).toBe(status);
    expect((await client.jiekou.read(id)).at("task.status")).toBe("TASK_STATUS_SUCCEED");
  });

  test("poll-reset resets the connection", async () => {
    await using client = await openSimulator();
    const id = await client.jiekou.start(frog("poll-reset*1"));
    await expect(client.jiekou.read(id)).rejects.toThrow("fetch failed");
    expect((await client.jiekou.read(id)).status).toBe(200);
  });

  test("poll-garbage answers 200 with an HTML page", async () => {
    await using client = await openSimulator();
    const page = await client.hiapi.read(await client.hiapi.start(frog("poll-garbage")));
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.text).toContain("<html>");
  });

  test("failed reads do not count as reads", async () => {
    await using client = await openSimulator({ finishAfterPolls: 2 });
    const id = await client.hiapi.start(frog("poll-500*3"));
    const seen = [];
    for (let read = 0; read < 5; read++) seen.push((await client.hiapi.read(id)).at("data.status"));
    expect(seen).toEqual([undefined, undefined, undefined, "handling", "success"]);
  });
});

describe("misleading reads", () => {
  test("unknown-status shows an undocumented status", async () => {
    await using client = await openSimulator();
    const [hiapi, jiekou] = [
      await client.hiapi.start(frog("unknown-status*1")),
      await client.jiekou.start(frog("unknown-status")),
    ];
    expect((await client.hiapi.read(hiapi)).at("data.status")).toBe("reviewing");
    expect((await client.hiapi.read(hiapi)).at("data.status")).toBe("success");
    expect((await client.jiekou.read(jiekou)).at("task.status")).toBe("TASK_STATUS_REVIEWING");
  });

  test("status-regress shows an earlier status on every second read", async () => {
    await using client = await openSimulator({ finishAfterPolls: 3 });
    const id = await client.hiapi.start(frog("status-regress"));
    const seen = [];
    for (let read = 0; read < 6; read++) seen.push(await client.hiapi.read(id));
    expect(seen.map((got) => got.at("data.status"))).toEqual([
      "handling",
      "queued",
      "success",
      "handling",
      "success",
      "handling",
    ]);
    expect(seen.at(3)?.at("data.output")).toBeUndefined();
  });
});

describe("outcomes", () => {
  test.each(["task-fails", "task-fails-silent", "task-moderation"])("%s is refunded", async (fault) => {
    await using client = await openSimulator();
    await client.hiapi.read(await client.hiapi.start(frog(fault)));
    const ledger = await client.ledger();
    expect(ledger.body).toMatchObject({ tasks: 1, charges: 1, refunds: 1, duplicates: [] });
    expect(ledger.at("refundedMicroUsd")).toBe(ledger.at("chargedMicroUsd"));
  });

  test("task-fails*1 lets the second task of the same prompt succeed", async () => {
    await using client = await openSimulator();
    const seen = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      seen.push((await client.hiapi.read(await client.hiapi.start(frog("task-fails*1")))).at("data.status"));
    }
    expect(seen).toEqual(["fail", "success"]);
    expect((await client.ledger()).body).toMatchObject({ charges: 2, refunds: 1, duplicates: [] });
  });

  test("slow takes five times as many reads", async () => {
    await using client = await openSimulator({ finishAfterPolls: 2 });
    const id = await client.hiapi.start(frog("slow"));
    const seen = [];
    for (let read = 1; read <= 10; read++) seen.push((await client.hiapi.read(id)).at("data.status"));
    expect(seen.indexOf("success")).toBe(9);
  });

  test("stuck never ends", async () => {
    await using client = await openSimulator();
    const id = await client.hiapi.start(frog("stuck"));
    for (let read = 0; read < 20; read++) expect((await client.hiapi.read(id)).at("data.status")).toBe("handling");
  });
});

describe("rates", () => {
  test("apply to about that share of the tasks, from the options or the control path", async () => {
    await using client = await openSimulator({ rates: { "task-fails": 0.5 } });
    const failed = async (round: string) => {
      let count = 0;
      for (let number = 0; number < 60; number++) {
        const read = await client.hiapi.read(await client.hiapi.start({ prompt: `cup ${round} ${number}` }));
        if (read.at("data.status") === "fail") count += 1;
      }
      return count;
    };
    const half = await failed("first");
    expect(half).toBeGreaterThan(15);
    expect(half).toBeLessThan(45);
    expect((await client.post("/simulator/faults", { rates: { "task-fails": 1 } })).status).toBe(200);
    expect(await failed("second")).toBe(60);
    await client.post("/simulator/faults", { clear: true });
    expect(await failed("third")).toBe(0);
  });

  test("a poll fault by rate occurs once, so that the task can end", async () => {
    await using client = await openSimulator({ rates: { "poll-404": 1, "poll-500": 1 } });
    const id = await client.hiapi.start();
    const seen = [];
    for (let read = 0; read < 3; read++) seen.push((await client.hiapi.read(id)).status);
    expect(seen).toEqual([500, 404, 200]);
  });
});
