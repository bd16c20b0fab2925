import { describe, expect, test } from "vitest";
import { allRules, large, requiredRules, shared, small } from "./bounds.ts";
import { explore } from "./explore.ts";
import { type ReconcileMeans, start } from "./state.ts";

const everyState = { states: expect.any(Number), complete: true };

describe("protocol model, all rules: no order of events pays twice, forgets a paid task or gets stuck", () => {
  test.each<ReconcileMeans>(["lookup", "key", "none"])("one generation, two workers, a provider with %s", (means) => {
    expect(explore(start(1, 2, small), { rules: allRules, means })).toEqual(everyState);
  });

  test.each<ReconcileMeans>(["key", "none"])("two generations, two workers, a provider with %s", (means) => {
    expect(explore(start(2, 2, shared), { rules: allRules, means })).toEqual(everyState);
  });
});

test.each(requiredRules)(
  "protocol model, without %s at a provider with %s: some order of events breaks a promise",
  (rule, means) => {
    const { violation } = explore(start(1, 2, large), { rules: { ...allRules, [rule]: false }, means });
    expect(violation?.what).toMatch(/paid for twice|forgotten|although its video was made/);
  },
);
