export type Asked = { kind: "whole" } | { kind: "part"; start: number; end: number } | { kind: "outside" };

/**
 * Reads a `Range` header against a file of `bytes`; `end` is exclusive.
 * What is malformed, or asks for several parts, is answered with the whole file, as RFC 9110 allows.
 */
export function askedRange(header: string | undefined, bytes: number): Asked {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return { kind: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "") {
    const start = Math.max(0, bytes - Number(last));
    return Number(last) === 0 ? { kind: "outside" } : { kind: "part", start, end: bytes };
  }
  const start = Number(first);
  if (start >= bytes) return { kind: "outside" };
  const end = last === "" ? bytes : Math.min(Number(last) + 1, bytes);
  return end <= start ? { kind: "whole" } : { kind: "part", start, end };
}
