/** What a body of JSON holds; undefined where it is none. */
export function jsonBody(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
