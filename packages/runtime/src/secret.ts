import { inspect } from "node:util";

const mask = "[secret]";
/** Shorter values are not removed from texts: they would match ordinary words. */
const shortestStruckChars = 8;
const known = new Set<string>();

/**
 * A value that prints as `[secret]`: as string, as JSON and inspected. A text value is also removed from every log line
 * of this process.
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
