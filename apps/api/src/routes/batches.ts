import { PassThrough, type Readable } from "node:stream";
import { type BatchAnswer, type BatchView, batchLimits, liveStates, type RowAnswer } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { acceptAll, acceptChunks } from "../accept-rows.ts";
import { ApiError } from "../api-error.ts";
import { operatorTenant } from "../caller.ts";
import { type Chunks, chunksOfArray, chunksOfLines } from "../rows.ts";
import { flag, valid } from "../valid.ts";

const jsonLines = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];
const bodyLimit = 64 * 1_048_576;
const options = z.strictObject({ atomic: flag, dryRun: flag });

/** Enqueue many at once, and see how far a batch is. */
export function batches(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    scope.addContentTypeParser(jsonLines, (_request, payload, done) => done(null, payload));
    scope.post("/generations/batch", { bodyLimit }, (request, reply) => enqueueMany(request, reply, installation));
  });
  app.get("/batches/:name", (request) => view(request, installation));
}

async function enqueueMany(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<unknown> {
  const { atomic, dryRun } = valid(options, request.query);
  const { tenant } = request.caller;
  const { chunks, inLines } = rowsOf(request.body);
  if (atomic && !dryRun) {
    const rows = await acceptAll(chunks, tenant, installation);
    return inLines ? reply.type("application/x-ndjson").send(text(rows)) : ({ rows } satisfies BatchAnswer);
  }
  const answers = acceptChunks(chunks, { tenant, dryRun }, installation);
  // A fault of the first rows is still an answer of its own kind; later ones are told in their lines.
  const first = await answers.next();
  return inLines
    ? reply.type("application/x-ndjson").send(streamed(first, answers, request))
    : { rows: await gathered(first, answers) };
}

function rowsOf(body: unknown): { chunks: Chunks; inLines: boolean } {
  if (Array.isArray(body)) {
    if (body.length > batchLimits.rows)
      throw new ApiError("too_large", `A batch may hold ${batchLimits.rows} rows; send it in parts.`);
    return { chunks: chunksOfArray(body), inLines: false };
  }
  if (body instanceof Object && "readable" in body) return { chunks: chunksOfLines(body as Readable), inLines: true };
  throw new ApiError(
    "invalid_request",
    "Send an array of requests, or one request in each line as application/x-ndjson.",
  );
}

type Answers = AsyncGenerator<RowAnswer[], void>;
type First = IteratorResult<RowAnswer[], void>;

/** Never waits for the reader: a client that sends everything before it reads anything would wait for us. The number of rows bounds what is kept. */
function streamed(first: First, answers: Answers, { log }: FastifyRequest): Readable {
  const out = new PassThrough();
  const write = async () => {
    if (!first.done) out.write(text(first.value));
    for await (const rows of answers) out.write(text(rows));
    out.end();
  };
  write().catch((error: unknown) => {
    log.info({ err: error }, "a batch broke off while it was being sent");
    out.destroy();
  });
  return out;
}

async function gathered(first: First, answers: Answers): Promise<RowAnswer[]> {
  const all = first.done ? [] : [...first.value];
  for await (const rows of answers) all.push(...rows);
  return all;
}

function text(rows: readonly RowAnswer[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const query = z.strictObject({ tenant: z.string().max(64).optional() });

async function view(request: FastifyRequest, { cell }: Installation): Promise<BatchView> {
  const { name = "" } = request.params as { name?: string };
  const asked = valid(query, request.query).tenant ?? request.caller.tenant;
  if (asked !== request.caller.tenant && request.caller.tenant !== operatorTenant) throw new ApiError("not_found");
  const counted = await ledger.batchCounts(cell, asked, name);
  const counts = Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0)) as BatchView["counts"];
  const sum = (states: readonly string[]) =>
    states.reduce((total, state) => total + (counts[state as keyof typeof counts] ?? 0), 0);
  const total = sum(Object.keys(counts));
  if (total === 0) throw new ApiError("not_found");
  return { name, tenant: asked, total, live: sum(liveStates), counts };
}
