import { flawsOf, schemaProblems } from "@reelqueue/pipeline";
import { z } from "zod";
import { ApiError } from "./errors.ts";

/** Parses input by a schema. Throws an ApiError that names every problem. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  const problems = parsed.success ? flawsOf(parsed.data) : schemaProblems(parsed.error, input);
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new ApiError("invalid_request", undefined, { problems });
}

/** Schema of `true` or `false` in a query string; `false` by default. */
export const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");

/** Schema of an integer in a query string. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max));

/** The part of a file that a request asks for; `start` and `end` are included. */
export type ByteRange = { kind: "whole" } | { kind: "part"; start: number; end: number } | { kind: "outside" };

/** Parses a `Range` header of one range; any other means the whole file, as RFC 9110 allows. */
export function parseRange(header: string | undefined, bytes: number): ByteRange {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return { kind: "whole" };
  const start = from === "" ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return { kind: "whole" };
  return start > end ? { kind: "outside" } : { kind: "part", start, end };
}
