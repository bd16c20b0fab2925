import type { Generation } from "@reelqueue/contracts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { broughtTo, queued } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const post = (id: string, verb: string, body?: unknown) =>
  api.call(`/v1/generations/${id}/${verb}`, { method: "POST", body });

describe("cancel", () => {
  test("queued → canceled at once; canceling again is no error", async () => {
    const id = await queued(api);
    for (const _ of ["once", "twice"]) {
      const answer = await post(id, "cancel");
      expect([answer.status, (await jsonOf<Generation>(answer)).state]).toEqual([200, "canceled"]);
    }
  });

  test("running → 202, the request is recorded", async () => {
    const answer = await post(await broughtTo(api, "running"), "cancel");
    expect([answer.status, await jsonOf<Generation>(answer)]).toEqual([
      202,
      expect.objectContaining({ state: "running", cancelRequested: true }),
    ]);
  });

  test("an ended generation → 409", async () => {
    expect((await errorIn(await post(await broughtTo(api, "succeeded"), "cancel"), 409)).message).toContain(
      "succeeded already",
    );
  });
});

describe("retry", () => {
  test("a failure that was not charged → a new attempt", async () => {
    const answer = await post(await broughtTo(api, "failed"), "retry");
    expect([answer.status, await jsonOf<Generation>(answer)]).toEqual([
      202,
      expect.objectContaining({ state: "queued", attempt: 2 }),
    ]);
  });

  test("a lost output → its video is downloaded again, without a new attempt", async () => {
    const lost = await broughtTo(api, "failed", { failure: { class: "output_lost", message: "gone" } });
    const answer = await post(lost, "retry");
    expect([answer.status, await jsonOf<Generation>(answer)]).toEqual([
      202,
      expect.objectContaining({ state: "finalizing", attempt: 1 }),
    ]);
  });

  test("a failure that may have been charged → 409 with advice; a generation that did not fail → 409", async () => {
    const paid = await broughtTo(api, "failed", { failure: { class: "billing_uncertain", message: "gone" } });
    expect((await errorIn(await post(paid, "retry"), 409)).message).toContain("check the provider for its task");
    await errorIn(await post(await queued(api), "retry"), 409);
  });
});

describe("review", () => {
  const unknownTasks = {
    mistyped: { kind: "missing", message: "no such task" },
    unasked: { kind: "unreachable", message: "ENOTFOUND" },
  } as const;
  beforeAll(() => {
    for (const { provider } of api.installation.accounts.values())
      vi.spyOn(provider, "poll").mockImplementation(
        async (id) => unknownTasks[id as keyof typeof unknownTasks] ?? { kind: "canceled" },
      );
  });
  afterAll(() => void vi.restoreAllMocks());

  test.each([
    [{ finding: "sent", taskId: "task-of-review" }, "running"],
    [{ finding: "unsent" }, "queued"],
    [{ finding: "give_up" }, "failed"],
  ])("%o: needs_review → %s", async (body, state) => {
    const answer = await post(await broughtTo(api, "needs_review"), "review", body);
    expect([answer.status, (await jsonOf<Generation>(answer)).state]).toEqual([200, state]);
  });

  test("a task of another generation → 409 that names it", async () => {
    const owner = await broughtTo(api, "needs_review");
    await post(owner, "review", { finding: "sent", taskId: "one-task" });
    const other = await post(await broughtTo(api, "needs_review"), "review", { finding: "sent", taskId: "one-task" });
    expect((await errorIn(other, 409)).message).toContain(owner);
  });

  test("a task that the provider does not know → 409, one that it cannot be asked for → 503; both say why", async () => {
    const id = await broughtTo(api, "needs_review");
    const sent = (taskId: string) => post(id, "review", { finding: "sent", taskId });
    expect((await errorIn(await sent("mistyped"), 409)).message).toContain("does not know this task (no such task)");
    expect((await errorIn(await sent("unasked"), 503)).message).toContain(
      "cannot be asked for this task now (ENOTFOUND)",
    );
    expect((await jsonOf<Generation>(await api.call(`/v1/generations/${id}`))).state).toBe("needs_review");
  });

  test("unsent while the task may still appear → 409 that names the quiet window", async () => {
    const answer = await post(await broughtTo(api, "unknown"), "review", { finding: "unsent" });
    expect((await errorIn(answer, 409)).message).toContain(
      "its task may still appear; it can be settled as unsent after the quiet window",
    );
  });

  test("a generation that needs no review → 409; an invalid or incomplete finding → 400", async () => {
    await errorIn(await post(await queued(api), "review", { finding: "unsent" }), 409);
    const id = await broughtTo(api, "needs_review");
    for (const body of [{ finding: "maybe" }, { finding: "sent" }, { finding: "unsent", taskId: "x" }, {}]) {
      await errorIn(await post(id, "review", body), 400);
    }
  });
});
