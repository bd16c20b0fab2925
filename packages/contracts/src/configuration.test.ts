import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { config } from "./config.ts";

/** `npm test -- packages/contracts/src/configuration.test.ts -u` prints the pages. */
const root = new URL("../../../", import.meta.url);

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
  items?: Schema;
  anyOf?: Schema[];
  required?: string[];
}

const schema = z.toJSONSchema(config, { io: "input" }) as Schema;

describe("configuration", () => {
  test("reelqueue.config.schema.json is the JSON Schema of the code", async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      new URL("reelqueue.config.schema.json", root).pathname,
    );
  });

  test("docs/configuration.md lists every key", async () => {
    const page = new URL("docs/configuration.md", root);
    const [before = "", after = ""] = readFileSync(page, "utf8").split(/<!-- keys -->[\s\S]*<!-- \/keys -->/);
    const table = ["| key | type | default | meaning |", "| --- | --- | --- | --- |", ...rowsOf(schema, "")];
    expect(table.filter((row) => row.endsWith("|  |"))).toEqual([]);
    await expect(`${before}<!-- keys -->\n\n${table.join("\n")}\n\n<!-- /keys -->${after}`).toMatchFileSnapshot(
      page.pathname,
    );
  });

  test("examples/reelqueue.config.json is valid and names its schema", () => {
    const file = new URL("examples/reelqueue.config.json", root);
    const example = JSON.parse(readFileSync(file, "utf8")) as { $schema: string };
    expect(Object.keys(config.parse(example).accounts).length).toBeGreaterThanOrEqual(3);
    expect(JSON.parse(readFileSync(new URL(example.$schema, file), "utf8"))).toEqual(schema);
  });
});

/** One row for each key, with its path; `<name>` stands for a name of the user's choice. */
function rowsOf({ properties = {}, required = [] }: Schema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const own = path + name;
    const form = property.default === undefined ? (required.includes(name) ? "required" : "–") : code(property.default);
    const row = `| \`${own}\` | ${typeOf(property)} | ${form} | ${property.description ?? ""} |`;
    return [row, ...rowsOf(property, `${own}.`), ...rowsOf(property.additionalProperties || {}, `${own}.<name>.`)];
  });
}

function typeOf({ type = "any", enum: values, items }: Schema): string {
  if (values !== undefined) return values.map(code).join(" or ");
  return items === undefined ? type : `list of ${items.type ?? items.anyOf?.[0]?.type}s`;
}

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;
