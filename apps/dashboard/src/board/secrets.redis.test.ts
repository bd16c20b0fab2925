import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { announce, failedWith, fill } from "../test-ledger.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  dashboard = await openTestDashboard();
});
afterAll(() => dashboard[Symbol.asyncDispose]());

const canaries = ["CANARY-SIGNATURE", "CANARY-TOKEN", "CANARY-PATH", "CANARY-KEY", "CANARY-PASSWORD"];

test("no URL, field or message on the board reveals a secret", async () => {
  const { cell } = dashboard.installation;
  const [id = ""] = await fill(cell, "succeeded", 1, {
    prompt: "use Bearer CANARY-TOKEN please",
    webhook: "https://hooks.example.com/services/CANARY-PATH?token=CANARY-TOKEN",
    images: [
      {
        url: "https://user:CANARY-PASSWORD@cdn.example.com/a.png?X-Amz-Signature=CANARY-SIGNATURE&p=CANARY-KEY",
        role: "reference",
      },
    ],
    metadata: { apiKey: "CANARY-KEY" },
  });
  const failed = await failedWith(cell, {
    class: "upstream",
    message: "https://x.example/?token=CANARY-TOKEN said no",
  });
  const delivery = await announce(
    cell,
    { type: "generation.failed", data: { metadata: { apiKey: "CANARY-KEY" } } },
    "https://hooks.example.com/CANARY-PATH?token=CANARY-TOKEN",
  );
  const paths = [
    `/api/queues/generations/${id}`,
    `/api/queues/generations/${failed}`,
    `/api/queues/generations/${failed}/logs`,
    `/api/queues/deliveries/${delivery}`,
    "/api/queues?activeQueue=generations&status=latest",
    "/api/queues?activeQueue=deliveries&status=latest",
  ];
  const texts = await Promise.all(paths.map(async (path) => await (await dashboard.operator.send("GET", path)).text()));
  expect(texts[0]).toContain("https://cdn.example.com/a.png?…");
  expect(texts[0]).toContain("https://hooks.example.com/…");
  expect(texts[3]).toContain("https://hooks.example.com/…");
  expect(canaries.filter((canary) => texts.join("").includes(canary))).toEqual([]);
});

test("markup in a prompt is answered as JSON, never as HTML", async () => {
  const prompt = `<script>alert("x")</script><img src=x onerror=alert(1)>`;
  const [id = ""] = await fill(dashboard.installation.cell, "queued", 1, { prompt });
  const answer = await dashboard.operator.send("GET", `/api/queues/generations/${id}`);
  expect(answer.headers.get("content-type")).toContain("application/json");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await answer.json()).toMatchObject({ job: { data: { prompt } } });
  const page = await dashboard.operator.send("GET", `/queue/generations/${id}`);
  expect(await page.text()).not.toContain("alert(");
});
