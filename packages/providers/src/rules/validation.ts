import type { GenerationRequest, Label, Problem } from "@reelqueue/contracts";
import type { Reading } from "../provider.ts";

/** One rule of a provider's documents. */
export interface Rule {
  id: string;
  label: Label;
  source: string;
  /** For advice that breaking is no error; left out, only an INFERRED rule warns. */
  severity?: "warning";
  /** Every place in which the request breaks the rule. */
  test(request: GenerationRequest, reading: Reading): Breach[];
}

export interface Breach {
  field: string;
  given: unknown;
  allowed: string;
}

/** Every problem that the rules find, in the order of the rules. */
export function problemsOf(rules: readonly Rule[], request: GenerationRequest, reading: Reading): Problem[] {
  return rules.flatMap(({ id, label, source, severity, test }) =>
    test(request, reading).map(({ field, given, allowed }) => ({
      field,
      given: shown(given),
      allowed,
      rule: id,
      label,
      source,
      severity: severity ?? (label === "INFERRED" ? "warning" : "error"),
    })),
  );
}

/** A breach where the condition holds, else none. */
export function breachIf(broken: boolean, field: string, given: unknown, allowed: string): Breach[] {
  return broken ? [{ field, given, allowed }] : [];
}

/** Short enough for a message, whatever was given: a data URI can be long. */
function shown(given: unknown): string {
  const text = typeof given === "string" ? given : (JSON.stringify(given) ?? "nothing");
  if (text === "") return "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
