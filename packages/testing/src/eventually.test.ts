import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test("gives the first answer that is there", async () => {
  let asked = 0;
  const answer = await eventually(() => (++asked < 3 ? undefined : "here"), { describe: "it comes", everyMs: 1 });
  expect(answer).toBe("here");
  expect(asked).toBe(3);
});

test("says what it waited for, and the last error, when it does not come", async () => {
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
