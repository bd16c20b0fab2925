import { expect, test } from "vitest";
import { endings } from "./endings.ts";
import type { Evidence } from "./evidence.ts";

const seen = { id: "g", was: "succeeded", is: "finalizing" } as const;

test("endings: a changed final state is broken; after a takeover that reached it again it is unknown", () => {
  expect(check({ state: "succeeded", takeovers: 0 })).toEqual({ broken: 1, unknown: 0 });
  expect(check({ state: "failed", takeovers: 1 })).toEqual({ broken: 1, unknown: 0 });
  expect(check({ state: "succeeded", takeovers: 1 })).toEqual({ broken: 0, unknown: 1 });
});

function check({ state, takeovers }: { state: "succeeded" | "failed"; takeovers: number }) {
  const record = {
    ...{ version: "1", state, dispatchSeq: 1, stateChangedAtMs: 0, createdAtMs: 0, attempt: 1, priority: 0 },
    ...{ account: "a", tenant: "t", requestHash: "", runTimeClass: "c" },
  };
  const found = { id: "g", record, request: { prompt: "" } };
  const evidence = { rows: [], deliveries: [], files: new Map(), stuck: [], changedEnds: [seen], takeovers };
  const all = endings({ ...evidence, records: new Map([["g", found]]) } as unknown as Evidence);
  const { broken = [], unknown = 0 } = all.find(({ promise }) => promise === "I4") ?? {};
  return { broken: broken.length, unknown };
}
