import { type Enqueued, type Generation, type GenerationPage, states } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { accept, findMany, type Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { refusalOf } from "../accept-rows.ts";
import { ApiError } from "../errors.ts";
import { ownGeneration } from "../ownership.ts";
import { integer, parse } from "../parse.ts";

/** Room for a few images inline; larger media goes to `POST /v1/media`. */
const bodyLimit = 12 * 1_048_576;

/** Enqueues, reads and lists generations. */
export function generations(app: FastifyInstance, installation: Installation): void {
  app.post("/generations", { bodyLimit }, (request, reply) => enqueue(request, reply, installation));
  app.get("/generations/:id", (request) => ownGeneration(request, installation));
  app.get("/generations", (request) => list(request, installation));
}

async function enqueue(request: FastifyRequest, reply: FastifyReply, installation: Installation): Promise<Enqueued> {
  const [row] = await accept([withHeaderKey(request)], { tenant: request.caller.tenant }, installation);
  if (row === undefined || row.kind === "valid") throw new ApiError("internal");
  const refusal = refusalOf(row);
  if (refusal) throw refusal;
  if (row.kind !== "accepted" && row.kind !== "existing") throw new ApiError("internal");
  const [generation] = await findMany([row.id], installation);
  if (!generation) throw new ApiError("internal");
  reply.code(row.kind === "accepted" ? 202 : 200).header("location", `/v1/generations/${row.id}`);
  return { generation, quote: row.quote, warnings: row.warnings };
}

/** Its bytes do not say their encoding: the same key would be one in the header and another one in the field. */
const keyNotAscii = "The header Idempotency-Key takes ASCII only; send this key as the field idempotencyKey.";

/** The request with `idempotencyKey` from the header, which is another way to send the field. */
function withHeaderKey({ body, headers }: FastifyRequest): unknown {
  const key = headers["idempotency-key"];
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  if (key === undefined || !isObject) return body;
  if (typeof key !== "string" || !/^[\x20-\x7e]*$/.test(key)) throw new ApiError("invalid_request", keyNotAscii);
  const given = (body as { idempotencyKey?: unknown }).idempotencyKey;
  if (given !== undefined && given !== key) {
    throw new ApiError(
      "invalid_request",
      "The header Idempotency-Key and the field idempotencyKey differ; send one of them.",
    );
  }
  return { ...body, idempotencyKey: key };
}

const filter = z
  .strictObject({
    state: z.enum(states).optional(),
    account: z.string().max(64).optional(),
    tenant: z.string().max(64).optional(),
    batch: z.string().normalize("NFC").max(128).optional(),
    limit: integer(1, 100).default(20),
    cursor: z.string().max(400).optional(),
  })
  .refine(({ cursor, batch }) => cursor === undefined || ledger.isCursor(cursor, batch !== undefined), {
    path: ["cursor"],
    message: "the cursor of an earlier answer to the same list",
  });
type Wanted = Omit<z.output<typeof filter>, "limit" | "cursor">;

async function list(request: FastifyRequest, installation: Installation): Promise<GenerationPage> {
  const { limit, cursor, ...wanted } = parse(filter, request.query);
  const tenant = tenantOf(request, wanted);
  const { ids, ...page } = await ledger.list(installation.cell, defined({ ...wanted, tenant }), limit, cursor);
  const generations = await findMany(ids, installation);
  return { generations: generations.filter((each) => matches(each, wanted)), ...page };
}

/**
 * The tenant to list: the caller's own; for operators the one asked for, else all, or their own if a batch is asked
 * for.
 */
function tenantOf({ caller }: FastifyRequest, { tenant, batch }: Wanted): string | undefined {
  if (caller.operator) return tenant ?? (batch === undefined ? undefined : caller.tenant);
  if (tenant !== undefined && tenant !== caller.tenant)
    throw new ApiError("forbidden", `This API key sees the tenant "${caller.tenant}" only.`);
  return caller.tenant;
}

/** One that was moved while the page was read may match no more. */
function matches({ state, account }: Generation, wanted: Wanted): boolean {
  return (wanted.state ?? state) === state && (wanted.account ?? account) === account;
}

function defined(wanted: Wanted): ledger.ListFilter {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}
