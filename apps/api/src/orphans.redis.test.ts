import type { InstallationView, OrphanPage } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { expect, test } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";

test("orphans: listed with their number; one that is acknowledged leaves the list and the doctor", async () => {
  await using api = await startApi();
  const ids = Array.from({ length: 130 }, (_, i) => `t${i}`);
  await ledger.recordUnowned(api.installation.cell, "hiapi", ids);
  expect(await sentenceOf(api)).toMatch(/^130 tasks .*\(hiapi t129, .*, …\), then \.\/reelqueue orphans ack <task>\.$/);
  const { orphans, open } = await page(api, "?limit=2&offset=1");
  expect([orphans.map(({ taskId }) => taskId), open]).toEqual([["t128", "t127"], 130]);

  const body = { taskId: "t128", note: "refund asked for" };
  const taken = await jsonOf<OrphanPage>(api.call("/v1/orphans/ack", { body }));
  const acknowledged = { at: expect.any(String), by: "default", note: "refund asked for" };
  expect(taken).toMatchObject({ orphans: [{ taskId: "t128", account: "hiapi", acknowledged }], open: 129 });
  expect(await page(api, "?state=acknowledged")).toEqual(taken);
  expect((await page(api, "?limit=100")).orphans.map(({ taskId }) => taskId)).not.toContain("t128");
  expect(await sentenceOf(api)).toMatch(/^129 tasks/);
  expect(api.logged()).toContain('"event":"task.acknowledged"');
});

test("orphans: one that is not open is 404, an unknown state or field 400", async () => {
  await using api = await startApi();
  expect((await errorIn(await api.call("/v1/orphans/ack", { body: { taskId: "none" } }), 404)).message).toContain(
    "none",
  );
  await errorIn(await api.call("/v1/orphans/ack", { body: { task: "none" } }), 400);
  await errorIn(await api.call("/v1/orphans?state=all"), 400);
});

function page(api: TestApi, query: string): Promise<OrphanPage> {
  return jsonOf<OrphanPage>(api.call(`/v1/orphans${query}`));
}

async function sentenceOf(api: TestApi): Promise<string | undefined> {
  const { checks } = await jsonOf<InstallationView>(api.call("/v1/installation"));
  return checks.find(({ name }) => name === "orphans")?.sentence;
}
