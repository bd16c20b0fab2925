import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stateDiagram } from "./moves.ts";

test("ARCHITECTURE.md: its state diagram equals the table of moves", () => {
  const text = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");
  const shown = text.match(/<!-- states -->\n+```mermaid\n([\s\S]*?)\n?```\n+<!-- \/states -->/)?.[1];
  expect(shown).toBe(stateDiagram());
  expect(text.split("\n").length).toBeLessThanOrEqual(200);
});
