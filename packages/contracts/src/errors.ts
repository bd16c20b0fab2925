import { z } from "zod";

/** Every error a caller of the HTTP API can meet: a stable code, its status, and what to do about it. */
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
    sentence: "Something went wrong on our side; the log has the details under this request id.",
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

/** The one shape in which the API reports an error. */
export const apiErrorBody = z.object({
  error: z.object({
    code: z.enum(Object.keys(apiErrors) as [ApiErrorCode, ...ApiErrorCode[]]),
    message: z.string(),
    requestId: z.string().optional(),
    problems: z.array(problem).optional(),
  }),
});
export type ApiErrorBody = z.infer<typeof apiErrorBody>;
