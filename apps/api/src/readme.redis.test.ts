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

test("the README lists exactly the routes of the API", async () => {
  await using api = await startApi();
  const documented = cellsUnder("Routes").map(([route = ""]) => route.replaceAll("`", ""));
  expect(documented.sort()).toEqual((await routesOf(api.installation)).sort());
});

test("the README lists the errors as in the code", () => {
  const documented = cellsUnder("Errors").map(([code, status, sentence]) => [
    code?.replaceAll("`", ""),
    Number(status),
    sentence,
  ]);
  expect(documented).toEqual(Object.entries(apiErrors).map(([code, { status, sentence }]) => [code, status, sentence]));
});
