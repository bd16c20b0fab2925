/** What a fact or a rule rests on: a document that the project was given, another public text, or a conclusion. */
export type Label = "PROVIDED" | "DOCUMENTED" | "INFERRED";

/** The label that a user sees: `source` names the text, so both kinds of text are DOCUMENTED. */
export type ShownLabel = Exclude<Label, "PROVIDED">;

export function shownLabel(label: Label): ShownLabel {
  return label === "PROVIDED" ? "DOCUMENTED" : label;
}

/** One thing wrong with a request, found before any money is spent. */
export interface Problem {
  /** Path of the field, for example `images[1].url`. */
  field: string;
  given: string;
  allowed: string;
  /** Id of the rule, for example `J-V5`; `schema` for the shape of the request itself. */
  rule: string;
  label: ShownLabel | "SCHEMA";
  /** The document it rests on. */
  source: string;
  severity: "error" | "warning";
}

/** A problem as one sentence. */
export function problemText(problem: Problem): string {
  return `${problem.field}: ${problem.given} — allowed: ${problem.allowed} (${problem.rule}, ${problem.label})`;
}
