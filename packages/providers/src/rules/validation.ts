import { type GenerationRequest, type Label, type Problem, shownLabel } from "@reelqueue/contracts";
import type { Reading } from "../capabilities.ts";

/** One rule of a provider's documents that a request alone can break. */
export interface ValidationRule {
  id: string;
  label: Label;
  source: string;
  /** Present for advice; absent: an INFERRED rule is a warning, any other an error. */
  severity?: "warning";
  /** All places where the request breaks the rule. */
  test(request: GenerationRequest, reading: Reading): Breach[];
}

export interface Breach {
  field: string;
  given: unknown;
  allowed: string;
}

/** All problems of the request, in the order of the rules. */
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

/** The value for a message, cut to 80 characters. */
function shown(given: unknown): string {
  const text = typeof given === "string" ? given : (JSON.stringify(given) ?? "nothing");
  if (text === "") return "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
