import type { Generation } from "@reelqueue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  test("what waits is canceled at once, and canceling it again is no error", async () => {
    const id = await queued(api);
    for (const _ of ["once", "twice"]) {
      const answer = await post(id, "cancel");
      expect([answer.status, (await jsonOf<Generation>(answer)).state]).toEqual([200, "canceled"]);
    }
  });

  test("what the provider may be making is 202: the wish is noted", async () => {
    const answer = await post(await broughtTo(api, "running"), "cancel");
    expect([answer.status, await jsonOf<Generation>(answer)]).toEqual([
      202,
      expect.objectContaining({ state: "running", cancelRequested: true }),
    ]);
  });

  test("what is over is 409", async () => {
    expect((await errorIn(await post(await broughtTo(api, "succeeded"), "cancel"), 409)).message).toContain(
      "succeeded already",
    );
  });
});

describe("retry", () => {
  test("what failed where nothing was paid gets a new attempt", async () => {
    const answer = await post(await broughtTo(api, "failed"), "retry");
    expect([answer.status, await jsonOf<Generation>(answer)]).toEqual([
      202,
      expect.objectContaining({ state: "queued", attempt: 2 }),
    ]);
  });

  test("what may have been paid is 409 with what to do instead; so is what did not fail", async () => {
    const paid = await broughtTo(api, "failed", { failure: { class: "output_lost", message: "gone" } });
    expect((await errorIn(await post(paid, "retry"), 409)).message).toContain("ask the provider for the file");
    await errorIn(await post(await queued(api), "retry"), 409);
  });
});

describe("review", () => {
  test.each([
    [{ finding: "sent", taskId: "task-of-review" }, "running"],
    [{ finding: "unsent" }, "queued"],
    [{ finding: "give_up" }, "failed"],
  ])("%o settles it: %s", async (body, state) => {
    const answer = await post(await broughtTo(api, "needs_review"), "review", body);
    expect([answer.status, (await jsonOf<Generation>(answer)).state]).toEqual([200, state]);
  });

  test("a task that belongs to another generation is 409 and names it", async () => {
    const owner = await broughtTo(api, "needs_review");
    await post(owner, "review", { finding: "sent", taskId: "one-task" });
    const other = await post(await broughtTo(api, "needs_review"), "review", { finding: "sent", taskId: "one-task" });
    expect((await errorIn(other, 409)).message).toContain(owner);
  });

  test("what is still being asked about is 409, and says when a person is asked", async () => {
    const answer = await post(await broughtTo(api, "unknown"), "review", { finding: "unsent" });
    expect((await errorIn(answer, 409)).message).toContain("its task may yet appear");
  });

  test("what needs none is 409; a finding that is none, or not whole, is 400", async () => {
    await errorIn(await post(await queued(api), "review", { finding: "unsent" }), 409);
    const id = await broughtTo(api, "needs_review");
    for (const body of [{ finding: "maybe" }, { finding: "sent" }, { finding: "unsent", taskId: "x" }, {}]) {
      await errorIn(await post(id, "review", body), 400);
    }
  });
});
