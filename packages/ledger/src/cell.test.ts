import { expect, test } from "vitest";
import { openRecentMoves } from "./cell.ts";

test("moves are kept in order for two minutes, the newest five thousand at most", () => {
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
