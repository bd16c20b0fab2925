import { z } from "zod";

/** Parts of wire schemas. Except for `taskId` they never fail: an invalid value counts as absent. */

/** A valid task id; fails otherwise. */
export const taskId = z.unknown().transform(taskIdOf).pipe(z.string());
/** A valid task id, or undefined. */
export const anyTaskId = z.unknown().transform(taskIdOf).optional();

/** A text, cut to 500 characters. */
export const text = z
  .string()
  .transform((value) => value.trim().slice(0, 500))
  .pipe(z.string().min(1))
  .optional()
  .catch(undefined);

/** A number of at least 0, as a number or as a string of digits. */
export const amount = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}(\.\d+)?$/)
      .transform(Number),
  ])
  .pipe(z.number().nonnegative())
  .optional()
  .catch(undefined);

/** The URL of an output, whole or relative to the base URL of the account; `pollTask` resolves it. */
export const outputUrl = z
  .union([z.url({ protocol: /^https?$/ }), z.string().regex(/^(\.{0,2}|[\w-]{2,})\/\S+$/)])
  .optional()
  .catch(undefined);

/** The URL of a file. */
export const webUrl = z
  .url({ protocol: /^https?$/ })
  .optional()
  .catch(undefined);

/** A list without its unreadable items; any other value is an empty list. */
export function list<T extends z.ZodType>(item: T) {
  const valid = (values: unknown[]) => values.flatMap((value) => item.safeParse(value).data ?? []) as z.output<T>[];
  return z.array(z.unknown()).catch([]).transform(valid);
}

/** A task id exactly as the provider sent it; undefined if the value cannot be one. */
export function taskIdOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || text.length < 1 || text.length > 256) return undefined;
  // These values cannot be part of a path or a query.
  return text.isWellFormed() && text !== "." && text !== ".." ? text : undefined;
}
