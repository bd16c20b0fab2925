import { type ApiErrorBody, type ApiErrorCode, apiErrors, type Problem } from "@reelqueue/contracts";
import { LedgerError } from "@reelqueue/ledger";
import { StorageError } from "@reelqueue/media";

interface Details {
  problems?: readonly Problem[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** A reason not to do what a caller asked for; becomes the one JSON shape in which the API reports errors. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  readonly problems: readonly Problem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ApiErrorCode, message: string = apiErrors[code].sentence, details: Details = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.problems = details.problems;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  get status(): number {
    return apiErrors[this.code].status;
  }

  body(requestId?: string): ApiErrorBody {
    const { code, message, problems } = this;
    return {
      error: {
        code,
        message,
        ...(requestId !== undefined && { requestId }),
        ...(problems !== undefined && { problems: [...problems] }),
      },
    };
  }
}

const retrySoonSeconds = 2;

/** Any error as one that a caller may see: nothing of ours but the code, a sentence and what was wrong with the request. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof LedgerError) return ofLedger(error);
  if (error instanceof StorageError && error.kind === "full")
    return new ApiError("insufficient_storage", undefined, { cause: error });
  return ofFastify(error);
}

function ofLedger(error: LedgerError): ApiError {
  switch (error.kind) {
    case "unavailable":
    case "write_rejected":
    case "unconfirmed":
      return new ApiError("unavailable", undefined, { retryAfterSeconds: retrySoonSeconds, cause: error });
    case "too_large":
      return new ApiError("too_large", error.message, { cause: error });
    case "script_error":
    case "version":
    case "forbidden":
      return new ApiError("internal", undefined, { cause: error });
  }
}

const codes: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_json",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_BAD_URL: "not_found",
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
};

function ofFastify(error: unknown): ApiError {
  const { code, statusCode } = error instanceof Error ? (error as Error & { code?: string; statusCode?: number }) : {};
  const known = codes[code ?? ""];
  if (known !== undefined) return new ApiError(known, undefined, { cause: error });
  const callersFault = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return new ApiError(
    callersFault ? "invalid_request" : "internal",
    callersFault ? "The request cannot be read." : undefined,
    { cause: error },
  );
}
