import { CommandError } from "../../errors.ts";
import type { LineProblem, Row } from "./rows.ts";

export type Variables = Readonly<Record<string, string>>;

/** Collects the values of a repeated `--set`. */
export function collectPairs(pair: string, previous: string[]): string[] {
  return [...previous, pair];
}

/** Parses `NAME=VALUE` pairs. */
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

/** Replaces `{{NAME}}` in the URLs of a request (media and webhook), never in its prompt. */
export function fillVariables({ line, request }: Row, values: Variables): { row: Row; problems: LineProblem[] } {
  const problems: LineProblem[] = [];
  const fill = (text: string, field: string) =>
    text.replaceAll(variable, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined)
        problems.push({ line, message: `${field}: {{${name}}} has no value; set one with --set ${name}=…` });
      return value ?? whole;
    });
  const changed = { ...request };
  if (typeof request.webhook === "string") changed.webhook = fill(request.webhook, "webhook");
  for (const list of ["images", "videos", "audios"]) {
    const items = request[list];
    if (Array.isArray(items))
      changed[list] = items.map((item: unknown, i) => fillItem(item, (url) => fill(url, `${list}[${i}].url`)));
  }
  return { row: { line, request: changed }, problems };
}

function fillItem(item: unknown, fill: (url: string) => string): unknown {
  if (typeof item !== "object" || item === null || !("url" in item) || typeof item.url !== "string") return item;
  return { ...item, url: fill(item.url) };
}
