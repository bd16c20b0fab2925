import { errors } from "undici";
import { type AnswerHead, EgressError, type EgressErrorKind } from "./egress.ts";

/** What went wrong, as the one error class of this seam. */
export function failureOf(error: unknown, sent: boolean, answer?: AnswerHead): EgressError {
  if (error instanceof EgressError) return error;
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== "" ? error.message : (code ?? String(error));
  return new EgressError(sent ? kindOf(error) : "unsent", message, { sent, code, cause: error, answer });
}

function kindOf(error: unknown): EgressErrorKind {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError ? "timeout" : "broken";
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name === "Error" ? undefined : error.name;
}
