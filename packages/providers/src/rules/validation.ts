import { type GenerationRequest, type Label, type Problem, shownLabel } from "@reelqueue/contracts";
import type { Reading } from "../capabilities.ts";

/** One rule of a provider's documents that a request alone can break. */
export interface ValidationRule {
  id: string;
  label: Label;
  source: string;
  /** For advice; absent: only an INFERRED rule is a warning. */
  severity?: "warning";
  /** Every place in which the request breaks the rule. */
  test(request: GenerationRequest, reading: Reading): Breach[];
}

export interface Breach {
  field: string;
  given: unknown;
  allowed: string;
}

/** Every rule that the request breaks, in the order of the rules. */
export function problemsOf(rules: readonly ValidationRule[], request: GenerationRequest, reading: Reading): Problem[] {
  return rules.flatMap(({ id, label, source, severity, test }) =>
    test(request, reading).map(({ field, given, allowed }) => ({
      field,
      given: shown(given),
      allowed,
      rule: id,
      label: shownLabel(label),
      source,
      severity: severity ?? (label === "INFERRED" ? "warning" : "error"),
    })),
  );
}

/** One breach if the condition holds, otherwise none. */
export function breachIf(broken: boolean, field: string, given: unknown, allowed: string): Breach[] {
  return broken ? [{ field, given, allowed }] : [];
}

/** Cuts the value for a message: a data URI can be long. */
function shown(given: unknown): string {
  const text = typeof given === "string" ? given : (JSON.stringify(given) ?? "nothing");
  if (text === "") return "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
