import { z } from "zod";

/** Every error of the HTTP API: a stable code, its status, and what is wrong or what to do. */
export const apiErrors = {
  unauthorized: { status: 401, sentence: "Send a valid API key as `Authorization: Bearer <key>`." },
  forbidden: { status: 403, sentence: "This API key may not do that." },
  not_found: { status: 404, sentence: "There is nothing under this address, or it belongs to another tenant." },
  method_not_allowed: { status: 405, sentence: "This address does not take that method." },
  invalid_request: { status: 400, sentence: "The request is not valid; see `problems`." },
  invalid_json: { status: 400, sentence: "The body is not valid JSON." },
  too_large: { status: 413, sentence: "The body is larger than this address takes." },
  unsupported_media_type: {
    status: 415,
    sentence: "Send JSON (application/json) or JSON Lines (application/x-ndjson).",
  },
  idempotency_mismatch: { status: 422, sentence: "This idempotency key was used with another body." },
  conflict: { status: 409, sentence: "The generation is in a state that does not allow this." },
  rate_limited: { status: 429, sentence: "Too many requests; wait as `Retry-After` says." },
  unavailable: { status: 503, sentence: "The ledger cannot be reached or is not safe to write to; try again shortly." },
  insufficient_storage: { status: 507, sentence: "There is no room left for media on this server." },
  internal: {
    status: 500,
    sentence: "Internal error; the server's log has the details under this request id.",
  },
} as const satisfies Record<string, { status: number; sentence: string }>;

export type ApiErrorCode = keyof typeof apiErrors;

const problem = z.object({
  field: z.string(),
  given: z.string(),
  allowed: z.string(),
  rule: z.string(),
  label: z.string(),
  source: z.string(),
  severity: z.enum(["error", "warning"]),
});

/** Body of every error answer of the API. */
export const apiErrorBody = z.object({
  error: z.object({
    code: z.enum(Object.keys(apiErrors) as [ApiErrorCode, ...ApiErrorCode[]]),
    message: z.string(),
    requestId: z.string().optional(),
    problems: z.array(problem).optional(),
  }),
});
export type ApiErrorBody = z.infer<typeof apiErrorBody>;

/** Source of a fact or a rule: a document given to the project, another public document, or a conclusion. */
export type Label = "PROVIDED" | "DOCUMENTED" | "INFERRED";

/** Label that users see. `source` names the document, hence DOCUMENTED for both kinds of document. */
export type ShownLabel = Exclude<Label, "PROVIDED">;

export function shownLabel(label: Label): ShownLabel {
  return label === "PROVIDED" ? "DOCUMENTED" : label;
}

/** A problem of a request, found before it is submitted. */
export interface Problem {
  /** Path of the field, for example `images[1].url`. */
  field: string;
  given: string;
  allowed: string;
  /** Id of the rule, for example `J-V5`; `schema` for the shape of the request itself. */
  rule: string;
  label: ShownLabel | "SCHEMA";
  /** The document that states the rule. */
  source: string;
  severity: "error" | "warning";
}

/** The problem in one line. */
export function problemText(problem: Problem): string {
  return `${problem.field}: ${problem.given} — allowed: ${problem.allowed} (${problem.rule}, ${problem.label})`;
}
