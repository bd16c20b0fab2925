const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of UTF-8 bytes, without a byte order mark; `undefined` for any other encoding. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A value that JSON, Redis or a provider would store as another one. */
export interface Flaw {
  path: readonly (string | number)[];
  given: string;
  allowed: string;
}

/** The first such value in data without cycles: a rounded integer, half a character, the character NUL. */
export function flawIn(data: unknown): Flaw | undefined {
  const left: { value: unknown; path: Flaw["path"] }[] = [{ value: data, path: [] }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, path } = next;
    const flaw = typeof value === "string" ? flawOfText(value) : typeof value === "number" && flawOfNumber(value);
    if (flaw) return { path, ...flaw };
    if (typeof value !== "object" || value === null) continue;
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, inner] of entries.reverse()) {
      const wrongName = typeof key === "string" && flawOfText(key);
      if (wrongName) return { path, ...wrongName, given: `the name ${JSON.stringify(key)}` };
      left.push({ value: inner, path: [...path, key] });
    }
  }
  return undefined;
}

function flawOfText(text: string): Omit<Flaw, "path"> | undefined {
  if (text.includes("\0")) return { given: "the character NUL", allowed: "text without it" };
  return text.isWellFormed() ? undefined : { given: "half of a surrogate pair", allowed: "whole characters" };
}

function flawOfNumber(value: number): Omit<Flaw, "path"> | undefined {
  if (Number.isSafeInteger(value) || !(Number.isInteger(value) || !Number.isFinite(value))) return undefined;
  return { given: String(value), allowed: "a whole number up to ±9007199254740991; write a larger one as text" };
}
