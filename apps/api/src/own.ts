import type { Generation } from "@reelqueue/contracts";
import { find, type Installation } from "@reelqueue/pipeline";
import type { FastifyRequest } from "fastify";
import { ApiError } from "./api-error.ts";
import { maySee } from "./caller.ts";

const shape = /^[a-z][a-z0-9]{0,11}_[0-9A-Za-z]{22}$/;

/** The generation that the address names, if the caller may see it; else 404, whether it exists or not. */
export async function ownGeneration(request: FastifyRequest, installation: Installation): Promise<Generation> {
  const { id = "" } = request.params as { id?: string };
  const generation = shape.test(id) ? await find(id, installation) : undefined;
  if (!generation || !maySee(request.caller, generation)) throw new ApiError("not_found");
  return generation;
}
