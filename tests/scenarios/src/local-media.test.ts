import { join } from "node:path";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

const clip = join(import.meta.dirname, "../../../packages/media/samples/clip-2s.mp4");

test("local clip, provider without inline media: uploaded without holding a slot, every video succeeds", async () => {
  await using system = await startTestSystem({ accounts: { toapis: { limits: { inFlight: 2 } } } });
  const inputs = Array.from({ length: 6 }, (_, i) => ({
    prompt: `as in the clip [[marker:m${i}]]`,
    resolution: "480p" as const,
    seconds: 4,
    account: "toapis",
    videos: [{ url: clip }],
  }));
  const ids = await system.enqueue(inputs);
  const rested = await system.waitForRest(ids);
  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  expect(rested[0]?.timeline.map(({ state }) => state)).toContain("preparing");
  const notes = rested.flatMap(({ timeline }) => timeline.map(({ note }) => note));
  expect(notes).toContain("its media are at toapis");
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([6, 6, []]);
  expect(await contradictions(system)).toEqual([]);
});
