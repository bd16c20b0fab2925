import { CommandError } from "../command-error.ts";
import type { LineProblem, Row } from "./rows.ts";

export type Variables = Readonly<Record<string, string>>;

/** Reads `NAME=VALUE` pairs. */
export function variablesOf(pairs: readonly string[]): Variables {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw new CommandError(`--set takes NAME=VALUE with a name in capitals, not "${pair}".`);
      return [name, value];
    }),
  );
}

const variable = /\{\{([A-Z][A-Z0-9_]*)\}\}/g;

/** Fills `{{NAME}}` in the addresses of a request (media and webhook), never in its prompt. */
export function filled({ line, request }: Row, values: Variables): { row: Row; problems: LineProblem[] } {
  const problems: LineProblem[] = [];
  const fill = (text: string, field: string) =>
    text.replaceAll(variable, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined)
        problems.push({ line, message: `${field}: {{${name}}} has no value; give it one with --set ${name}=…` });
      return value ?? whole;
    });
  const changed = { ...request };
  if (typeof request.webhook === "string") changed.webhook = fill(request.webhook, "webhook");
  for (const list of ["images", "videos", "audios"]) {
    const items = request[list];
    if (Array.isArray(items))
      changed[list] = items.map((item: unknown, i) => filledItem(item, (url) => fill(url, `${list}[${i}].url`)));
  }
  return { row: { line, request: changed }, problems };
}

function filledItem(item: unknown, fill: (url: string) => string): unknown {
  if (typeof item !== "object" || item === null || !("url" in item) || typeof item.url !== "string") return item;
  return { ...item, url: fill(item.url) };
}
