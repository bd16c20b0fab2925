import type { Generation, State } from "@reelqueue/contracts";
import { cancel, find, type Installation, type ReviewDecision, retry, review } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { demandOperator } from "../auth.ts";
import { ApiError } from "../errors.ts";
import { ownGeneration } from "../ownership.ts";
import { parse } from "../parse.ts";

/** Cancel, retry and review of one generation. */
export function actions(app: FastifyInstance, installation: Installation): void {
  app.post("/generations/:id/cancel", (request, reply) => onCancel(request, reply, installation));
  app.post("/generations/:id/retry", (request, reply) => onRetry(request, reply, installation));
  app.post("/generations/:id/review", { onRequest: async (request) => demandOperator(request) }, (request) =>
    onReview(request, installation),
  );
}

async function onCancel(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<Generation> {
  const { id } = await ownGeneration(request, installation);
  const outcome = await cancel(id, installation);
  switch (outcome.kind) {
    case "canceled":
      return current(id, installation);
    case "requested":
      reply.code(202);
      return current(id, installation);
    case "over":
      throw new ApiError("conflict", `It is ${outcome.state} already; there is nothing to cancel.`);
    case "missing":
      throw new ApiError("not_found");
  }
}

async function onRetry(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<Generation> {
  const { id } = await ownGeneration(request, installation);
  const outcome = await retry(id, installation);
  switch (outcome.kind) {
    case "queued":
    case "downloading":
      reply.code(202);
      return current(id, installation);
    case "unsafe":
      throw new ApiError("conflict", `A new attempt could pay twice (${outcome.class}): ${outcome.advice}.`);
    case "conflict":
      throw new ApiError("conflict", `It is ${outcome.state}; only a failed or expired generation can be retried.`);
    case "missing":
      throw new ApiError("not_found");
  }
}

const reviewBody = z.discriminatedUnion("finding", [
  z.strictObject({ finding: z.literal("sent"), taskId: z.string().min(1).max(256) }),
  z.strictObject({ finding: z.literal("unsent") }),
  z.strictObject({ finding: z.literal("give_up") }),
]);

const reviewRefusals: Partial<Record<State, string>> = {
  unknown: "its task may still appear; it can be settled as unsent after the quiet window",
};

async function onReview(request: FastifyRequest, installation: Installation): Promise<Generation> {
  const body = parse(reviewBody, request.body);
  const { id } = await ownGeneration(request, installation);
  const finding: ReviewDecision =
    body.finding === "sent" ? { kind: "sent", taskId: body.taskId } : { kind: body.finding };
  const outcome = await review(id, finding, installation);
  switch (outcome.kind) {
    case "settled":
      return current(id, installation);
    case "taken":
      throw new ApiError("conflict", `This task already belongs to ${outcome.by}.`);
    case "task_missing":
      throw new ApiError(
        "conflict",
        `The provider does not know this task (${outcome.why}). Nothing is changed: check its id.`,
      );
    case "unverified":
      throw new ApiError(
        "unavailable",
        `The provider cannot be asked for this task now (${outcome.why}). Nothing is changed: repeat the review later.`,
      );
    case "task_known":
      throw new ApiError(
        "conflict",
        `It was sent: the provider named its task ${outcome.taskId} by a callback. Settle it as sent with that task id.`,
      );
    case "conflict":
      throw new ApiError(
        "conflict",
        `It is ${outcome.state}; ${reviewRefusals[outcome.state] ?? "only a generation in needs_review can be settled"}.`,
      );
    case "missing":
      throw new ApiError("not_found");
  }
}

async function current(id: string, installation: Installation): Promise<Generation> {
  const generation = await find(id, installation);
  if (!generation) throw new ApiError("not_found");
  return generation;
}
