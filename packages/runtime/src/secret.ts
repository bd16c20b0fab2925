import { inspect } from "node:util";

const mask = "[secret]";
/** Shorter values are not struck from text: they would hit ordinary words. */
const shortestStruckChars = 8;
const known = new Set<string>();

/**
 * A value that no print shows: as string, as JSON and inspected it reads `[secret]`.
 * A text is also struck from every log line of this process, wherever it turns up.
 */
export class Secret<Value extends string | Buffer = string> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
    if (typeof value === "string" && value.length >= shortestStruckChars) known.add(value);
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

/** The text with every secret of this process replaced by `[secret]`. */
export function strikeKnown(text: string): string {
  let struck = text;
  for (const value of known) {
    if (struck.includes(value)) struck = struck.replaceAll(value, mask);
  }
  return struck;
}
