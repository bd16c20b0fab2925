import type { FailureClass, Label } from "@reelqueue/contracts";
import { retryAfterMs } from "@reelqueue/egress";
import type { Exchange } from "./exchange.ts";
/** How one provider reports what is wrong. */
export interface Errors {
  /** The error that the body reports; undefined where it is not in the provider's own envelope. */
  refusal(body: unknown): Refusal | undefined;
  /** The error that stands in an answer with a success status, and the status that it should have had. */
  refusedWithin?(body: unknown): { status: number; refusal: Refusal } | undefined;
  rulings: readonly Ruling[];
}

export type Answer = Extract<Exchange, { kind: "answer" }>;

export interface Judgement {
  meaning: Meaning;
  message: string;
  code?: string | undefined;
}

/** What an answer says is wrong; undefined for a success that reports nothing wrong. */
export function judge(errors: Errors, { status, body, evidence }: Answer): Judgement | undefined {
  if (isSuccess(status)) {
    const within = errors.refusedWithin?.(body);
    return within && ruled(within.status, within.refusal, errors.rulings);
  }
  const refusal = errors.refusal(body);
  if (refusal) return ruled(status, refusal, errors.rulings);
  if (status === 429) return { meaning: "throttled", message: evidence };
  return { meaning: "unknown", message: `HTTP ${status}, not in the provider's own words` };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function wait({ headers }: Answer): { retryAfterMs?: number } {
  const ms = retryAfterMs(headers, Date.now());
  return ms === undefined ? {} : { retryAfterMs: ms };
}

export function failure(meaning: FailureClass, code: string | undefined, message: string) {
  return { class: meaning, message, ...(code === undefined ? {} : { code }) };
}

function ruled(status: number, refusal: Refusal, rulings: readonly Ruling[]): Judgement {
  if (status === 429) return { ...refusal, meaning: "throttled" };
  return { ...refusal, meaning: meaningOf(status, refusal, rulings) };
}

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

/** Codes of the original service (Volcengine Ark) and words of content rules, in the texts of resellers. */
const moderation =
  /SensitiveContentDetected|RiskDetection|ContentSecurityDetection|moderation|content.{0,20}(polic|reject|violat|block|refus)|(polic|guideline).{0,20}violat|rejected the prompt|sensitive|nsfw|copyright|违规|敏感|违反|审核/i;
const invalid =
  /InvalidParameter|MissingParameter|invalid (param|image|video|audio|input|request)|unsupported (format|image|video|audio)|rejected the (input|request)/i;
const fault =
  /InternalService|ServerOverloaded|(internal|server|service|system|upstream) (error|failure)|time(d)?[ -]?out|temporarily|unavailable|overloaded|try again/i;

const source = "codes of Ark, FOUND there, and plain words; that a reseller passes them on is INFERRED";

/** A content rule refused the input or the output. */
export const moderated = { text: moderation, means: "moderation", label: "INFERRED", source } as const;

/** What the texts of failed tasks mean where a provider documents no codes. */
export const passedThrough: readonly FailureRuling[] = [
  moderated,
  { text: invalid, means: "rejected", label: "INFERRED", source },
  { text: fault, means: "upstream", label: "INFERRED", source },
];
