import type { z } from "zod";
import { firstProblem } from "../http.ts";
import type { NormalizedRequest, Order } from "../task.ts";
import type { ParseContext, ParsedCreate, Vendor } from "../vendor.ts";
import { automaticSeconds } from "./usage.ts";

/** Why a create body is refused. */
export type Violation = Omit<Extract<ParsedCreate, { ok: false }>, "ok">;

/** How a body violates a rule; a string is the problem alone. */
export type Rule<Body> = (body: Body, context: ParseContext) => Violation | string | undefined;

interface Parser<Body> {
  /** The violation of the schema; absent: `<field path>: <message>`. */
  schemaViolation?(error: z.ZodError): Violation;
  /** For a body that satisfies the schema; the first violation is reported. */
  rules: readonly Rule<Body>[];
  orderOf(body: Body, context: ParseContext): Order;
}

/** A vendor's `parseCreate`: checks the schema, then the rules. */
export function parserOf<Schema extends z.ZodType>(
  schema: Schema,
  { schemaViolation = (error) => ({ problem: firstProblem(error) }), rules, orderOf }: Parser<z.output<Schema>>,
): Vendor["parseCreate"] {
  return (input, context) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) return { ok: false, ...schemaViolation(parsed.error) };
    for (const rule of rules) {
      const found = rule(parsed.data, context);
      if (found !== undefined) return { ok: false, ...(typeof found === "string" ? { problem: found } : found) };
    }
    return { ok: true, order: orderOf(parsed.data, context) };
  };
}

/** The part of an order that follows from the request alone. */
export function orderFor(request: NormalizedRequest): Omit<Order, "model" | "microUsd"> {
  // INVENTED: the ratio where a page has no default.
  const { prompt, resolution, ratio = "16:9", returnLastFrame = false, seed } = request;
  const seconds = request.seconds === "auto" ? automaticSeconds(prompt) : request.seconds;
  return { prompt, resolution, seconds, ratio, returnLastFrame, seed, request };
}
