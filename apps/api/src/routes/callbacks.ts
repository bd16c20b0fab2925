import { setTimeout as after } from "node:timers/promises";
import { codingsOf, decodeBytes, EgressError } from "@reelqueue/egress";
import { LedgerError } from "@reelqueue/ledger";
import { type CallbackOutcome, callback, type Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../errors.ts";

const bodyLimit = 262_144;
/** A provider repeats a callback that is not answered in time; a late hint does no harm. */
const answerTimeoutMs = 80;
const retryAfterSeconds = 5;
const notInTime = new ApiError("unavailable", "The callback was not read in time; send it again.");

/**
 * Receives the providers' callbacks. They need no API key: the address holds a token that only the provider was given.
 */
export function callbacks(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.post("/callbacks/:account/:token", { bodyLimit }, (request, reply) => receive(request, reply, installation));
  });
}

async function receive(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<unknown> {
  const { account = "", token = "" } = request.params as { account?: string; token?: string };
  const raw = decodedBody(request);
  const received = callback({ account, token, raw, headers: singleHeaders(request) }, installation);
  const outcome = await withTimeout(received);
  switch (outcome.kind) {
    case "heard":
      return { heard: true };
    case "unknown":
      // the same bytes for every wrong token, so that they reveal nothing
      return reply.code(404).send(new ApiError("not_found").body());
    case "forged":
      throw new ApiError("unauthorized", "The signature is not valid.");
    case "unreadable":
      throw new ApiError("invalid_request", "The body is not a callback of this account's provider.");
    case "late":
      request.log.info({ event: "callback.late", account }, "callback not read in time: the provider sends it again");
      return reply.code(503).header("retry-after", retryAfterSeconds).send(notInTime.body(request.id));
    case "unavailable":
      throw new ApiError("unavailable", undefined, { retryAfterSeconds, cause: outcome.cause });
  }
}

/** The bytes that the provider signed: a gateway on the way may have encoded them. */
function decodedBody({ body, headers }: FastifyRequest): Buffer {
  try {
    return decodeBytes(
      Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      codingsOf(headers["content-encoding"]),
      bodyLimit,
    );
  } catch (error) {
    const isTooLarge = error instanceof EgressError && error.kind === "too_large";
    throw new ApiError(isTooLarge ? "too_large" : "invalid_request", "The body cannot be decoded.", { cause: error });
  }
}

type Outcome = CallbackOutcome | { kind: "late" } | { kind: "unavailable"; cause: LedgerError };

async function withTimeout(received: Promise<CallbackOutcome>): Promise<Outcome> {
  const timer = new AbortController();
  const outcome = received.catch((cause: unknown) => {
    if (cause instanceof LedgerError) return { kind: "unavailable", cause } as const;
    throw cause;
  });
  try {
    return await Promise.race([outcome, after(answerTimeoutMs, { kind: "late" } as const, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

function singleHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
