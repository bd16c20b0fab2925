import { type ApiErrorCode, apiErrorBody, type Problem } from "@reelqueue/contracts";

/** The codes of the API, and two for calls that it did not answer. */
export type ClientErrorCode =
  | ApiErrorCode
  /** No server answers at the URL. */
  | "unreachable"
  /** Another server answers at the URL. */
  | "not_reelqueue";

/** Why a call was refused or failed. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ClientErrorCode;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** One problem for each wrong field of the request. */
  readonly problems: readonly Problem[];
  /** Identifies the call in the log of the API. */
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

  /** True: the same call may succeed later. */
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
  return new ApiError("not_reelqueue", `The server at ${url} is not a reelqueue API.`, { status });
}
