import { type BatchAnswer, type BatchView, liveStates, type RowAnswer } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { acceptAll, acceptChunks } from "../accept-rows.ts";
import { operatorTenant } from "../auth.ts";
import { ApiError } from "../errors.ts";
import {
  acceptJsonLines,
  afterFirst,
  jsonLinesType,
  linesText,
  rowsBodyLimit,
  rowsOf,
  unboundedStream,
} from "../ndjson.ts";
import { flag, parse } from "../parse.ts";

const options = z.strictObject({ atomic: flag, dryRun: flag });

/** Enqueues many generations at once, and counts the states of a batch. */
export function batches(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    acceptJsonLines(scope);
    scope.post("/generations/batch", { bodyLimit: rowsBodyLimit }, (request, reply) =>
      enqueueMany(request, reply, installation),
    );
  });
  app.get("/batches/:name", (request) => view(request, installation));
}

async function enqueueMany(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<unknown> {
  const { atomic, dryRun } = parse(options, request.query);
  const { tenant } = request.caller;
  const { chunks, inLines } = rowsOf(request.body);
  if (atomic && !dryRun) {
    const rows = await acceptAll(chunks, tenant, installation);
    return inLines ? reply.type(jsonLinesType).send(linesText(rows)) : ({ rows } satisfies BatchAnswer);
  }
  const answers = await afterFirst(acceptChunks(chunks, { tenant, dryRun }, installation));
  if (inLines) return reply.type(jsonLinesType).send(unboundedStream(textOf(answers), request.log));
  return { rows: (await Array.fromAsync(answers)).flat() } satisfies BatchAnswer;
}

async function* textOf(answers: AsyncIterable<RowAnswer[]>): AsyncGenerator<string> {
  for await (const rows of answers) yield linesText(rows);
}

const query = z.strictObject({ tenant: z.string().max(64).optional() });

async function view(request: FastifyRequest, { cell }: Installation): Promise<BatchView> {
  const name = ((request.params as { name?: string }).name ?? "").normalize("NFC");
  const tenant = parse(query, request.query).tenant ?? request.caller.tenant;
  if (tenant !== request.caller.tenant && request.caller.tenant !== operatorTenant) throw new ApiError("not_found");
  const counted = await ledger.batchCounts(cell, tenant, name);
  const counts = Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0)) as BatchView["counts"];
  const sum = (states: readonly string[]) =>
    states.reduce((total, state) => total + (counts[state as keyof typeof counts] ?? 0), 0);
  const total = sum(Object.keys(counts));
  if (total === 0) throw new ApiError("not_found");
  return { name, tenant, total, live: sum(liveStates), counts };
}
