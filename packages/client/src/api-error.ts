import { type ApiErrorCode, apiErrorBody, type Problem } from "@reelqueue/contracts";

/** The codes of the API, and two for what is no answer of it. */
export type ClientErrorCode =
  | ApiErrorCode
  /** Nothing answers there. */
  | "unreachable"
  /** Something answers, but it is not this API. */
  | "not_reelqueue";

/** Why a call was refused, or could not be made. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ClientErrorCode;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** What is wrong with the request, field by field. */
  readonly problems: readonly Problem[];
  /** Finds the call in the log of the API. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: Partial<Omit<ApiError, "name" | "code" | "message">> = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.problems = details.problems ?? [];
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Nothing is known to be wrong with the call itself: it may work later. */
  get passing(): boolean {
    return this.code === "unreachable" || this.code === "unavailable" || this.code === "rate_limited";
  }
}

export async function errorOf(response: Response, url: string): Promise<ApiError> {
  const parsed = apiErrorBody.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return notReelqueue(url, response.status);
  const { code, message, problems = [], requestId } = parsed.data.error;
  const retryAfterSeconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ApiError(code, message, {
    status: response.status,
    problems: problems as Problem[],
    ...(requestId !== undefined && { requestId }),
    ...(Number.isFinite(retryAfterSeconds) && { retryAfterMs: retryAfterSeconds * 1_000 }),
  });
}

export function notReelqueue(url: string, status: number): ApiError {
  return new ApiError("not_reelqueue", `What answers at ${url} is not a reelqueue API.`, { status });
}
