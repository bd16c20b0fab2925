import type { FailureClass, Label } from "@reelqueue/contracts";

/** What a provider reported as wrong, in its own envelope. */
export interface Refusal {
  code?: string | undefined;
  message: string;
}

/** What a reported error means: for the account, for the moment, for the task, or for the generation. */
export type Meaning = "key" | "balance" | "throttled" | "missing" | "unknown" | FailureClass;

/** One row of a provider's table of errors; it applies where everything it names fits. */
export interface Ruling {
  status?: number;
  code?: RegExp;
  text?: RegExp;
  means: Meaning;
  label: Label;
  source: string;
}

/** What a refusal with this HTTP status means, by the first row that fits, else by what HTTP says about the status. */
export function meaningOf(status: number, refusal: Refusal, rulings: readonly Ruling[]): Meaning {
  const ruled = rulings.find((row) => (row.status === undefined || row.status === status) && fits(row, refusal))?.means;
  // A server error may come after the task was made; only a 503 that is known to mean "busy" is a definite no.
  if (status === 503) return ruled === "throttled" ? "throttled" : "unknown";
  if (status === 408 || status < 400 || status >= 500) return "unknown";
  return ruled ?? "rejected";
}

/** The class of a failed task, by the first row that fits; a failure that no row knows is not guessed at. */
export function failureClassOf(refusal: Refusal, rulings: readonly FailureRuling[]): FailureClass {
  return rulings.find((row) => fits(row, refusal))?.means ?? "unclassified";
}

/** A row of the table that says why tasks fail. */
export type FailureRuling = Omit<Ruling, "status" | "means"> & { means: FailureClass };

function fits({ code, text }: Pick<Ruling, "code" | "text">, refusal: Refusal): boolean {
  return (code?.test(refusal.code ?? "") ?? true) && (text?.test(refusal.message) ?? true);
}
