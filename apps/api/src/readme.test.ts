import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiErrors } from "@reelqueue/contracts";
import { expect, test } from "vitest";
import { startApi } from "./testing/api.ts";
import { routesOf } from "./testing/routes.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The cells of the table under a heading. */
function cellsUnder(heading: string): string[][] {
  const section = readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("the README names every route, and no other", async () => {
  await using api = await startApi();
  const told = cellsUnder("Routes").map(([route = ""]) => route.replaceAll("`", ""));
  expect(told.sort()).toEqual((await routesOf(api.installation)).sort());
});

test("the README tells every error as the code does", () => {
  const told = cellsUnder("Errors").map(([code, status, sentence]) => [
    code?.replaceAll("`", ""),
    Number(status),
    sentence,
  ]);
  expect(told).toEqual(Object.entries(apiErrors).map(([code, { status, sentence }]) => [code, status, sentence]));
});
