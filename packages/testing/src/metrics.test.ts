import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** `npm test -- packages/testing/src/metrics.test.ts -u` prints the table. */
const root = join(import.meta.dirname, "../../..");
const paths = globSync("{apps,packages}/*/src/**/*.ts", {
  cwd: root,
  exclude: (path) => /node_modules|simulator|packages\/testing|\.test\.ts$|\/test-/.test(path),
});
const text = paths.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
const page = join(root, "docs/metrics.md");

test("docs/metrics.md lists every metric of the code", async () => {
  const calls = text.matchAll(/metrics\.(counter|gauge|histogram)\(\s*"([^"]+)",\s*"([^"]+)"([^)]*)\)/g);
  const rows = [...calls].map(([, type = "", name = "", help = "", rest = ""]) => {
    const labels = /\[([^\]]*)\]/.exec(rest)?.[1]?.replaceAll(/["\n]/g, "").trim().replace(/,$/, "") ?? "";
    return `| \`reelqueue_${name}\` | ${type} | ${labels === "" ? "–" : labels} | ${help} |`;
  });
  expect(rows.length).toBe([...text.matchAll(/metrics\.(counter|gauge|histogram)\(/g)].length);
  const table = ["| metric | type | labels | meaning |", "| --- | --- | --- | --- |", ...rows.sort()];
  const [before = "", after = ""] = readFileSync(page, "utf8").split(/<!-- metrics -->[\s\S]*<!-- \/metrics -->/);
  await expect(`${before}<!-- metrics -->\n\n${table.join("\n")}\n\n<!-- /metrics -->${after}`).toMatchFileSnapshot(
    page,
  );
});

test("docs/metrics.md explains every kind of alarm", () => {
  const written = [...text.matchAll(/alarms\.inc\(\{ kind: ["`]([^"`]+)["`]/g)].map(([, kind = ""]) => kind);
  expect(written.length).toBe([...text.matchAll(/alarms\.inc\(/g)].length);
  const kinds = written.flatMap((kind) => (kind.startsWith("account-") ? ["account-key", "account-balance"] : [kind]));
  const explained = readFileSync(page, "utf8");
  expect(kinds.filter((kind) => !explained.includes(`| \`${kind}\` |`))).toEqual([]);
});
