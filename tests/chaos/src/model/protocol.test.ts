import { describe, expect, test } from "vitest";
import { allRules, large, missed, shared, small } from "./bounds.ts";
import { explore } from "./explore.ts";
import { type Means, start } from "./state.ts";

const everyState = { states: expect.any(Number), complete: true };

describe("with all rules no order of events pays an attempt twice, forgets a paid task or gets stuck", () => {
  test.each<Means>(["lookup", "key", "none"])("one generation, two workers, a provider with %s", (means) => {
    expect(explore(start(1, 2, small), { rules: allRules, means })).toEqual(everyState);
  });

  test.each<Means>(["key", "none"])("two generations, two workers, a provider with %s", (means) => {
    expect(explore(start(2, 2, shared), { rules: allRules, means })).toEqual(everyState);
  });
});

test.each(missed)(
  "without %s, at a provider with %s, there is an order of events that breaks a promise",
  (rule, means) => {
    const { violation } = explore(start(1, 2, large), { rules: { ...allRules, [rule]: false }, means });
    expect(violation?.what).toMatch(/paid for twice|forgotten|although its video was made/);
  },
);
