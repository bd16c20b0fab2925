/** How well a rule is founded: the user's documents, other public text, or a conclusion of ours. */
export type Label = "SEED" | "FOUND" | "INFERRED";

/** One thing wrong with a request, found before any money is spent. */
export interface Problem {
  /** Path of the field, for example `images[1].url`. */
  field: string;
  given: string;
  allowed: string;
  /** Id of the rule, for example `J-V5`; `schema` for the shape of the request itself. */
  rule: string;
  label: Label | "SCHEMA";
  /** The document it rests on. */
  source: string;
  severity: "error" | "warning";
}

/** A problem as one sentence. */
export function problemText(problem: Problem): string {
  return `${problem.field}: ${problem.given} — allowed: ${problem.allowed} (${problem.rule}, ${problem.label})`;
}
