import { errors } from "undici";
import type { AnswerHead } from "./egress.ts";

/**
 * `blocked`: not allowed to connect; `unsent`: no connection; `broken`: no complete answer. Only `timeout` and
 * `aborted` occur both before and after the request was sent.
 */
export type EgressErrorKind = "blocked" | "unsent" | "broken" | "timeout" | "too_large" | "aborted";

interface EgressErrorDetails {
  sent: boolean;
  code?: string | undefined;
  cause?: unknown;
  answer?: AnswerHead | undefined;
}

/** Why a request has no usable answer. `sent` is false only if no byte was written to a socket. */
export class EgressError extends Error {
  readonly kind: EgressErrorKind;
  readonly sent: boolean;
  /** Code of the cause, for example `ECONNREFUSED` or `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string | undefined;
  /** Status and headers of an incomplete or unwanted answer. */
  readonly answer: AnswerHead | undefined;

  constructor(kind: EgressErrorKind, message: string, options: EgressErrorDetails) {
    super(message, { cause: options.cause });
    this.name = "EgressError";
    this.kind = kind;
    this.sent = options.sent;
    this.code = options.code;
    this.answer = options.answer;
  }
}

/** Any error as an `EgressError`. */
export function failureOf(error: unknown, sent: boolean, answer?: AnswerHead): EgressError {
  if (error instanceof EgressError && (error.answer !== undefined || answer === undefined)) return error;
  if (error instanceof EgressError) return new EgressError(error.kind, error.message, { ...error, answer });
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
