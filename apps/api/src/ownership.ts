import type { Generation } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { find, type Installation } from "@reelqueue/pipeline";
import type { FastifyRequest } from "fastify";
import type { Caller } from "./auth.ts";
import { ApiError } from "./errors.ts";

const generationId = /^[a-z][a-z0-9]{0,11}_[0-9A-Za-z]{22}$/;

/** The generation `:id` of the address. Throws `not_found` also where it belongs to another tenant. */
export async function ownGeneration(request: FastifyRequest, installation: Installation): Promise<Generation> {
  const { id = "" } = request.params as { id?: string };
  const generation = generationId.test(id) ? await find(id, installation) : undefined;
  if (!generation || !maySee(request.caller, generation)) throw new ApiError("not_found");
  return generation;
}

/** The delivery `:id` of the address. Throws `not_found` also where it belongs to another tenant. */
export async function ownDelivery(request: FastifyRequest, { cell }: Installation): Promise<ledger.Delivery> {
  const { id = "" } = request.params as { id?: string };
  const [delivery] = /^msg_[\w-]{1,80}$/.test(id) ? await ledger.readDeliveries(cell, [id]) : [];
  if (!delivery || !maySee(request.caller, delivery)) throw new ApiError("not_found");
  return delivery;
}

function maySee(caller: Caller, { tenant }: { tenant: string }): boolean {
  return caller.operator || caller.tenant === tenant;
}
