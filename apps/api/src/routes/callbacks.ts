import { setTimeout as after } from "node:timers/promises";
import { LedgerError } from "@reelqueue/ledger";
import { type CallbackOutcome, callback, type Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../api-error.ts";

const bodyLimit = 262_144;
/** Providers send again what is not answered; a hint that arrives late does no harm. */
const answerWithinMs = 80;
const retryAfterSeconds = 5;

/** Where providers tell that a task has ended. Needs no API key: the address itself is the proof. */
export function callbacks(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    const plainOnly = async ({ headers }: FastifyRequest) => {
      const encoding = headers["content-encoding"] ?? "identity";
      if (encoding !== "identity")
        throw new ApiError("unsupported_media_type", "Send the body without Content-Encoding.");
    };
    scope.post("/callbacks/:account/:token", { bodyLimit, onRequest: plainOnly }, (request, reply) =>
      receive(request, reply, installation),
    );
  });
}

async function receive(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<unknown> {
  const { account = "", token = "" } = request.params as { account?: string; token?: string };
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const heard = callback({ account, token, raw, headers: singleHeaders(request) }, installation);
  const outcome = await inTime(heard);
  switch (outcome.kind) {
    case "heard":
      return { heard: true };
    case "unknown":
      // the same bytes for every bad token, so nothing can be learned here
      return reply.code(404).send(new ApiError("not_found").body());
    case "forged":
      throw new ApiError("unauthorized", "The signature does not hold.");
    case "unreadable":
      throw new ApiError("invalid_request", "The body is not a callback that this account's provider sends.");
    case "late":
      throw new ApiError("unavailable", undefined, { retryAfterSeconds });
  }
}

async function inTime(heard: Promise<CallbackOutcome>): Promise<CallbackOutcome | { kind: "late" }> {
  const timer = new AbortController();
  const outcome = heard.catch((error: unknown) => {
    if (error instanceof LedgerError) return { kind: "late" } as const;
    throw error;
  });
  try {
    return await Promise.race([outcome, after(answerWithinMs, { kind: "late" } as const, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

function singleHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
