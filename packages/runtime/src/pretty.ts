import { stripVTControlCharacters, styleText } from "node:util";

const colors = { trace: "gray", debug: "gray", info: "green", warn: "yellow", error: "red", fatal: "magenta" } as const;

/** One JSON log line as readable text; any other line passes unchanged. */
export function prettyLine(line: string): string {
  const fields = parse(line);
  if (!fields) return line;
  const { level, time, pid: _, name, msg = "", err, ...rest } = fields;
  const details = Object.entries(rest).map(([field, value]) => `${field}=${show(value)}`);
  const head = `${show(time).slice(11, 23)} ${paint(show(level))} ${show(name)}: ${show(msg)}`;
  return `${[head, ...details].join(" ")}${stackOf(err)}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function paint(level: string): string {
  const color = Object.entries(colors).find(([name]) => name === level)?.[1];
  const label = level.toUpperCase().padEnd(5);
  return color ? styleText(color, label) : label;
}

/** Text from outside may not move the cursor or fake a line of its own. */
function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, " ");
}

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const stack = "stack" in error && typeof error.stack === "string" ? error.stack : "";
  const cause = "cause" in error ? stackOf(error.cause) : "";
  const lines = stack.split("\n").map((each) => `\n    ${show(each)}`);
  return `${lines.join("")}${cause && `\n  caused by${cause}`}`;
}
