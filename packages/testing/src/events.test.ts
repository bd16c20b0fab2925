import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { events } from "@reelqueue/runtime";
import { parseSync, Visitor } from "oxc-parser";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

describe("log lines of the product", () => {
  const paths = globSync("{apps,packages}/*/src/**/*.ts", {
    cwd: root,
    exclude: (path) => /node_modules|simulator|packages\/testing|\.test\.ts$|\/test-/.test(path),
  });
  const calls = paths.flatMap((path) => logCalls(path, readFileSync(join(root, path), "utf8")));

  test("name an event of the list in packages/runtime/src/events.ts", () => {
    expect(calls.length).toBeGreaterThan(40);
    expect(calls.filter(({ event }) => event === undefined || !(event in events))).toEqual([]);
  });

  test("log every event of the list", () => {
    const logged = new Set(calls.map(({ event }) => event));
    expect(Object.keys(events).filter((name) => !logged.has(name))).toEqual([]);
  });
});

test("docs/events.md shows the list (`npm test -- packages/testing/src/events.test.ts -u` prints it)", async () => {
  const rows = Object.entries(events).map(
    ([name, { means, do: todo = "–" }]) => `| \`${name}\` | ${means} | ${todo} |`,
  );
  const page = ["# Events", "", intro, "", "| event | meaning | what to do |", "| --- | --- | --- |", ...rows, ""];
  await expect(page.join("\n")).toMatchFileSnapshot(join(root, "docs/events.md"));
});

const intro =
  "Every line that a process logs carries `event`, and where they apply `generation`, `account` and `taskId`. Match\n" +
  "alarms on the event, never on the text.";

test.each([
  ["a literal event", 'log.info({ event: "a.b", id }, "done")', ["a.b"]],
  ["a level that is computed", 'log[strict ? "error" : "warn"]({ event: "a.b" }, text)', ["a.b"]],
  ["no fields", 'this.log.warn("done")', [undefined]],
  ["fields without an event", 'ctx.log.error({ err }, "done")', [undefined]],
  ["something else", "console.log(1); catalog.info({})", []],
])("logCalls finds %s", (_, text, found) => {
  expect(logCalls("a.ts", text).map(({ event }) => event)).toEqual(found);
});

interface LogCall {
  path: string;
  line: number;
  /** The literal `event` of its first argument, where there is one. */
  event: string | undefined;
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal"];

/** Every call of a level on something named `log` or `logger` in one file. */
function logCalls(path: string, text: string): LogCall[] {
  const calls: LogCall[] = [];
  new Visitor({
    CallExpression({ callee, arguments: [first], start }) {
      if (callee.type !== "MemberExpression" || !isLog(callee.object)) return;
      if (!callee.computed && !levels.includes("name" in callee.property ? String(callee.property.name) : "")) return;
      calls.push({ path, line: text.slice(0, start).split("\n").length, event: eventOf(first) });
    },
  }).visit(parseSync(path, text).program);
  return calls;
}

type Node = { type: string } & Record<string, unknown>;

function isLog(node: object): boolean {
  const { name, property } = node as { name?: string; property?: { name?: string } };
  return ["log", "#log", "logger"].includes(name ?? property?.name ?? "");
}

function eventOf(argument: object | undefined): string | undefined {
  if (argument === undefined || (argument as Node).type !== "ObjectExpression") return undefined;
  const { properties } = argument as { properties: { key?: { name?: string }; value?: { value?: unknown } }[] };
  const value = properties.find(({ key }) => key?.name === "event")?.value?.value;
  return typeof value === "string" ? value : undefined;
}
