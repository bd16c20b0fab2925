import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ApiErrorBody, type ApiErrorCode, apiErrors, type Problem } from "@reelqueue/contracts";
import { LedgerError } from "@reelqueue/ledger";
import { StorageError } from "@reelqueue/media";
import type { FastifyInstance } from "fastify";

interface Details {
  problems?: readonly Problem[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** Why a request is refused or failed; answered in the one JSON shape of the API's errors. */
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

/** Any error as one that a caller may see: a code, a sentence and the problems of the request; no internals. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof LedgerError) return fromLedger(error);
  if (error instanceof StorageError && error.kind === "full")
    return new ApiError("insufficient_storage", undefined, { cause: error });
  return fromFastify(error);
}

function fromLedger(error: LedgerError): ApiError {
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

function fromFastify(error: unknown): ApiError {
  const { code, statusCode } = error instanceof Error ? (error as Error & { code?: string; statusCode?: number }) : {};
  const known = codes[code ?? ""];
  if (known !== undefined) return new ApiError(known, undefined, { cause: error });
  const isCallersFault = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return new ApiError(
    isCallersFault ? "invalid_request" : "internal",
    isCallersFault ? "The request cannot be read." : undefined,
    { cause: error },
  );
}

/** Answers every error in one JSON shape, without a stack; faults of the server are logged under the request id. */
export function answerErrors(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff");
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = toApiError(error);
    const route = request.routeOptions.url;
    if (answer.status === 500)
      request.log.error({ event: "api.failed", err: error, requestId: request.id, route }, "unhandled error");
    else if (answer.status > 500)
      request.log.warn(
        { event: "api.unavailable", err: error, requestId: request.id, route },
        "request refused for now",
      );
    // the rest of a body that is still arriving is not read
    if (!request.raw.complete) reply.header("connection", "close");
    if (answer.retryAfterSeconds !== undefined) reply.header("retry-after", answer.retryAfterSeconds);
    return reply.code(answer.status).send(answer.body(request.id));
  });
  app.setNotFoundHandler(() => {
    throw new ApiError("not_found");
  });
}

const parserErrors: Readonly<Record<string, { status: number; code: ApiErrorCode; message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "too_large", message: "The headers are larger than this server takes." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "invalid_request", message: "The request took too long to arrive." },
};

/** Answers a request that is not valid HTTP, in the shape of every other error. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, code, message } = parserErrors[error.code ?? ""] ?? {
    status: 400,
    code: "invalid_request",
    message: "This is not an HTTP request.",
  };
  const body = JSON.stringify(new ApiError(code, message).body());
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}
