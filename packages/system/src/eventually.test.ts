import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

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
