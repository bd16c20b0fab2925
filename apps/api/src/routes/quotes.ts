import { type QuoteAnswer, type QuoteRow, QuoteSum } from "@reelqueue/contracts";
import { type Installation, type QuoteOptions, quote } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { refusedRow } from "../accept-rows.ts";
import { ApiError } from "../errors.ts";
import {
  acceptJsonLines,
  afterFirst,
  type Chunks,
  jsonLinesType,
  linesText,
  type Row,
  rowsBodyLimit,
  rowsOf,
  unboundedStream,
} from "../ndjson.ts";
import { parse } from "../parse.ts";

const query = z.strictObject({ account: z.string().max(64).optional() });

/** Prices rows without enqueueing them. */
export function quotes(app: FastifyInstance, installation: Installation): void {
  app.register(async (scope) => {
    acceptJsonLines(scope);
    scope.post("/quotes", { bodyLimit: rowsBodyLimit }, (request, reply) => answerQuotes(request, reply, installation));
  });
}

async function answerQuotes(
  request: FastifyRequest,
  reply: FastifyReply,
  installation: Installation,
): Promise<unknown> {
  const { account } = parse(query, request.query);
  demandAccount(account, installation);
  const options = { tenant: request.caller.tenant, ...(account !== undefined && { account }) };
  const { chunks, inLines } = rowsOf(request.body);
  const answers = await afterFirst(quoteChunks(chunks, options, installation));
  return inLines
    ? reply.type(jsonLinesType).send(unboundedStream(textOf(answers), request.log))
    : await collect(answers);
}

function demandAccount(name: string | undefined, { accounts }: Installation): void {
  if (name === undefined ? accounts.size > 0 : accounts.has(name)) return;
  const names = [...accounts.keys()].join(", ");
  throw new ApiError(
    "invalid_request",
    accounts.size === 0 ? "No account is configured." : `There is no account "${name}"; there are: ${names}.`,
  );
}

async function* quoteChunks(
  chunks: Chunks,
  options: QuoteOptions,
  installation: Installation,
): AsyncGenerator<QuoteRow[], void> {
  for await (const rows of chunks) {
    const inputs = rows.map((row) => ("input" in row ? row.input : undefined));
    const quoted = await quote(inputs, options, installation);
    yield rows.map((row, i) => answerTo(row, quoted[i]));
  }
}

function answerTo(row: Row, quoted: Awaited<ReturnType<typeof quote>>[number] | undefined): QuoteRow {
  const { line } = row;
  if ("unreadable" in row) return refusedRow(line, row.unreadable);
  if (quoted === undefined) return refusedRow(line, new ApiError("internal"));
  if (quoted.kind === "refused")
    return refusedRow(line, new ApiError("invalid_request", undefined, { problems: quoted.problems }));
  const { kind: status, ...rest } = quoted;
  return { line, status, ...rest };
}

async function* textOf(answers: AsyncIterable<QuoteRow[]>): AsyncGenerator<string> {
  const sum = new QuoteSum();
  for await (const rows of answers) {
    for (const row of rows) sum.add(row);
    yield linesText(rows);
  }
  yield linesText([sum.totals()]);
}

async function collect(answers: AsyncIterable<QuoteRow[]>): Promise<QuoteAnswer> {
  const sum = new QuoteSum();
  const all: QuoteRow[] = [];
  for await (const rows of answers) {
    for (const row of rows) sum.add(row);
    all.push(...rows);
  }
  return { rows: all, ...sum.totals() };
}
