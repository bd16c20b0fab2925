/** Both ends included. */
export type Asked = { kind: "whole" } | { kind: "part"; start: number; end: number } | { kind: "outside" };

/** Reads a `Range` header of one range; anything else means the whole file, as HTTP allows. */
export function askedRange(header: string | undefined, bytes: number): Asked {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return { kind: "whole" };
  const start = from === "" ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return { kind: "whole" };
  return start > end ? { kind: "outside" } : { kind: "part", start, end };
}
