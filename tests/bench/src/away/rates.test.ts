import { expect, test } from "vitest";
import { ratesOf } from "./rates.ts";

test("ratesOf: only requests within the stretch; the peak second may begin anywhere", () => {
  const times = [0, 900, 1_100, 1_899, 1_900, 5_000, 9_000];
  expect(ratesOf(times, 500, 5_500)).toEqual({
    ...{ requests: 5, perSecond: 1, laterPerSecond: 0.4 },
    ...{ peakSecond: 3, peakMinute: 5 },
  });
  expect(ratesOf([], 0, 1_000)).toEqual({
    ...{ requests: 0, perSecond: 0, laterPerSecond: 0 },
    ...{ peakSecond: 0, peakMinute: 0 },
  });
});
