import { z } from "zod";

/** Pieces of wire schemas that never make a whole answer unreadable: what does not fit is as if it were absent. */

/** A task id that is there and can be one; the only piece that fails. */
export const taskId = z.unknown().transform(taskIdOf).pipe(z.string());
/** A task id, if there is one. */
export const anyTaskId = z.unknown().transform(taskIdOf).optional();

/** A text for people, of bearable length. */
export const text = z
  .string()
  .transform((value) => value.trim().slice(0, 500))
  .pipe(z.string().min(1))
  .optional()
  .catch(undefined);

/** A number of at least 0, written as a number or as a string of digits. */
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

/** The address of a file. */
export const webUrl = z
  .url({ protocol: /^https?$/ })
  .optional()
  .catch(undefined);

/** A list whose unreadable items are left out; anything else is an empty list. */
export function list<T extends z.ZodType>(item: T) {
  const kept = (values: unknown[]) => values.flatMap((value) => item.safeParse(value).data ?? []) as z.output<T>[];
  return z.array(z.unknown()).catch([]).transform(kept);
}

/** A task id exactly as the provider wrote it; undefined where the value cannot be one. */
export function taskIdOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || text.length < 1 || text.length > 256) return undefined;
  // It becomes a part of a path or a query, where neither of these would survive.
  return text.isWellFormed() && text !== "." && text !== ".." ? text : undefined;
}
