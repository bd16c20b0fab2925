import { expect, test } from "vitest";
import { openRecentMoves } from "./cell.ts";

test("recentMoves: keeps the newest 5,000 moves of two minutes, in order", () => {
  let now = 0;
  const recent = openRecentMoves(() => now);
  recent.keep("old");
  now = 60_000;
  for (let i = 0; i < 12_000; i += 1) recent.keep(`${i}`);
  const texts = recent.texts();
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([5_000, "7000", "11999"]);
  now = 180_001;
  expect(recent.texts()).toEqual([]);
});
