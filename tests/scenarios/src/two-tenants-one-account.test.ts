import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

test("fairness: one row of a tenant does not wait behind 100 rows of another", async () => {
  await using world = await startWorld({
    accounts: { hiapi: { limits: { inFlight: 4, requestsPerMinute: 600 } } },
    simulator: { limits: "off" },
  });
  const input = { prompt: "rain on a tin roof", resolution: "480p" as const, seconds: 4, account: "hiapi" };
  const many = await world.enqueue(
    Array.from({ length: 100 }, () => input),
    "big",
  );
  const [one = ""] = await world.enqueue([input], "small");
  const [small] = await world.rested([one]);
  expect(small?.state).toBe("succeeded");
  const done = (await world.get(many)).filter(({ state }) => state === "succeeded").length;
  expect(done).toBeLessThan(30);
  const [last] = await world.get(many.slice(-1));
  expect(last?.waiting).toMatch(/^4 of 4 in flight, behind \d+$/);
  await world.rested(many);
  expect(await contradictions(world)).toEqual([]);
});
