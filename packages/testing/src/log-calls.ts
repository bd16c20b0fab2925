import { parseSync, Visitor } from "oxc-parser";

export interface LogCall {
  path: string;
  line: number;
  /** The literal `event` of its first argument, where there is one. */
  event: string | undefined;
}

const levels = ["trace", "debug", "info", "warn", "error", "fatal"];

/** Every call of a level on something named `log` or `logger` in one file. */
export function logCalls(path: string, text: string): LogCall[] {
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
