import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

test("fairness: one row of a tenant does not wait behind 100 rows of another", async () => {
  await using system = await startTestSystem({
    accounts: { hiapi: { limits: { inFlight: 4, requestsPerMinute: 600 } } },
    simulator: { limits: "off", clockFactor: 60 },
  });
  const input = { prompt: "rain on a tin roof", resolution: "480p" as const, seconds: 4, account: "hiapi" };
  const many = await system.enqueue(
    Array.from({ length: 100 }, () => input),
    "big",
  );
  const [one = ""] = await system.enqueue([input], "small");
  const [small] = await system.waitForRest([one]);
  expect(small?.state).toBe("succeeded");
  const done = (await system.get(many)).filter(({ state }) => state === "succeeded").length;
  expect(done).toBeLessThan(30);
  const [last] = await system.get(many.slice(-1));
  expect(last?.waiting).toMatch(/^4 of 4 in flight, behind \d+$/);
  await system.waitForRest(many);
  expect(await contradictions(system)).toEqual([]);
});
