/** Parses JSON without losing digits: an integer that a number cannot hold stays as its text. Undefined where it is not JSON. */
export function readJson(text: string): unknown {
  try {
    // Looking at every value takes several times as long, and only so many digits in a row can be such an integer.
    return /\d{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** TypeScript's library does not know the third argument yet; Node has given it since 22. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const losesDigits = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return losesDigits ? (context?.source ?? value) : value;
}

/** A task id exactly as the provider wrote it; undefined where the value cannot be one. */
export function taskIdOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || text.length < 1 || text.length > 256) return undefined;
  // It becomes a part of a path or a query, where neither of these would survive.
  return text.isWellFormed() && text !== "." && text !== ".." ? text : undefined;
}
