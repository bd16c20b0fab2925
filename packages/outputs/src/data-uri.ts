export type ReadDataUri =
  | { kind: "bytes"; bytes: Buffer; contentType: string }
  | { kind: "malformed"; why: string }
  | { kind: "too_large"; limitBytes: number };

const longestHeadChars = 128;

/** Reads `data:<type>/<subtype>;base64,<base64>` and nothing looser: no parameters, no spaces, whole padding. */
export function fromDataUri(uri: string, maxBytes: number): ReadDataUri {
  const comma = uri.slice(0, longestHeadChars).indexOf(",");
  const contentType = uri.slice(0, comma + 1).match(/^data:([\w.+-]+\/[\w.+-]+);base64,$/)?.[1];
  if (!contentType) return { kind: "malformed", why: "does not begin with data:<type>;base64," };
  const base64 = uri.slice(comma + 1);
  if ((base64.length / 4) * 3 - 2 > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return { kind: "malformed", why: "what follows the comma is not base64" };
  }
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
  return { kind: "bytes", bytes, contentType: contentType.toLowerCase() };
}
