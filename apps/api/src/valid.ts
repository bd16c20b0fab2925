import { schemaProblems } from "@reelqueue/pipeline";
import { z } from "zod";
import { ApiError } from "./api-error.ts";

/** The input as the schema makes it, or an ApiError with everything that is wrong with it. */
export function valid<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ApiError("invalid_request", undefined, { problems: schemaProblems(parsed.error, input) });
}

/** `true` or `false` in a query string. */
export const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");

/** A whole number in a query string. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max));
