import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { ApiErrorCode } from "@reelqueue/contracts";
import type { FastifyInstance } from "fastify";
import { ApiError, toApiError } from "./api-error.ts";

/** Every error leaves in one JSON shape, without a stack; faults of ours go to the log under the request id. */
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
    // what is still being sent is not waited for
    if (!request.raw.complete) reply.header("connection", "close");
    if (answer.retryAfterSeconds !== undefined) reply.header("retry-after", answer.retryAfterSeconds);
    return reply.code(answer.status).send(answer.body(request.id));
  });
  app.setNotFoundHandler(() => {
    throw new ApiError("not_found");
  });
}

const unreadable: Readonly<Record<string, { status: number; code: ApiErrorCode; message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: "too_large", message: "The headers are larger than this server takes." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "invalid_request", message: "The request took too long to arrive." },
};

/** Answers what is not HTTP, in the same shape as everything else. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, code, message } = unreadable[error.code ?? ""] ?? {
    status: 400,
    code: "invalid_request",
    message: "This is not an HTTP request.",
  };
  const body = JSON.stringify(new ApiError(code, message).body());
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}
