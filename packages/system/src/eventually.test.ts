import { expect, test, vi } from "vitest";
import { eventually, repeat } from "./eventually.ts";

test("eventually: returns the first truthy result", async () => {
  let calls = 0;
  const answer = await eventually(() => (++calls < 3 ? undefined : "here"), { describe: "it comes", everyMs: 1 });
  expect(answer).toBe("here");
  expect(calls).toBe(3);
});

test("eventually: a timeout names the condition and carries the last error", async () => {
  const broken = () => {
    throw new Error("no such key");
  };
  await expect(eventually(broken, { describe: "the record is there", timeoutMs: 30, everyMs: 5 })).rejects.toThrow(
    expect.objectContaining({
      message: "not within 30 ms: the record is there",
      cause: expect.objectContaining({ message: "no such key" }),
    }),
  );
});

test("repeat: runs again and again until disposed", async () => {
  const [runs, later] = [vi.fn(async () => {}), vi.fn(async () => {})];
  const repeated = repeat(1, runs);
  await eventually(() => runs.mock.calls.length >= 3, { describe: "three runs" });
  await repeated[Symbol.asyncDispose]();
  const { length } = runs.mock.calls;
  await using _ = repeat(1, later);
  await eventually(() => later.mock.calls.length >= 3, { describe: "three runs of another action" });
  expect(runs).toHaveBeenCalledTimes(length);
});

test("repeat: a rejected run is the last one, and the disposal rejects with it", async () => {
  let runs = 0;
  const repeated = repeat(1, async () => {
    runs += 1;
    throw new Error("no Redis");
  });
  await eventually(() => runs === 1, { describe: "one run" });
  await expect(repeated[Symbol.asyncDispose]()).rejects.toThrow("no Redis");
  expect(runs).toBe(1);
});
