import type { FailureClass } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import type { Evidence } from "./evidence.ts";
import { money } from "./money.ts";

test.each<[FailureClass, task: string | undefined, fits: boolean]>([
  ["rejected", undefined, true],
  ["input_refused", undefined, true],
  ["input_refused", "failed", true],
  ["input_refused", "succeeded", false],
  ["output_refused", "failed", true],
  ["output_refused", "succeeded", false],
  ["output_refused", undefined, false],
  ["output_lost", "succeeded", true],
  ["output_lost", "failed", false],
])("money: %s, and its task is %s: the ends agree: %s", (failureClass, state, fits) => {
  const taskId = state && "t-1";
  const record = { state: "failed", attempt: 1, taskId, failure: { class: failureClass, message: "" } };
  const evidence = {
    rows: [{ marker: "m" }],
    records: new Map([["g", { id: "g", record, request: { prompt: "[[marker:m]]" } }]]),
    tasks: taskId === undefined ? [] : [{ id: taskId, marker: "m", state }],
    orphans: [],
  };
  const ends = money(evidence as unknown as Evidence).find(
    ({ what }) => what === "a generation ends as its task ended",
  );
  expect(ends?.broken.length).toBe(fits ? 0 : 1);
});
