import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const walks = page
  .slice(page.indexOf("## Walks"), page.indexOf("## Redis keys and decisions"))
  .split(/^\*\*/m)
  .slice(1);

test.each([
  ["A request to the backlog", 22],
  ["A submit job to a bound task", 20],
  ["A due poll to its result", 20],
  ["A finalize job to its event", 18],
])("ARCHITECTURE.md: the walk of %s names existing files, at most %i", (name, most) => {
  const walk = walks.find((each) => each.startsWith(name)) ?? "";
  const files = [...walk.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(10);
  expect(files.length).toBeLessThanOrEqual(most);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
