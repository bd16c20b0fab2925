import type { DeliveryView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { demandOperator, maySee } from "../caller.ts";
import { ownGeneration } from "../own.ts";
import { valid, whole } from "../valid.ts";

const query = z.strictObject({
  state: z.enum(["pending", "delivered", "exhausted"]).default("pending"),
  offset: whole(0, 1_000_000).default(0),
  limit: whole(1, 100).default(20),
});

/** The webhooks of one generation, or (for operators) all in one state; and sending one again. */
export function deliveries(app: FastifyInstance, installation: Installation): void {
  app.get("/generations/:id/deliveries", async (request) => {
    const { id } = await ownGeneration(request, installation);
    return { deliveries: await read(await ledger.deliveriesOf(installation.cell, id), installation) };
  });
  app.get("/deliveries", { onRequest: async (request) => demandOperator(request) }, async (request) => {
    const { state, offset, limit } = valid(query, request.query);
    return {
      deliveries: await read(await ledger.listDeliveries(installation.cell, state, offset, limit), installation),
    };
  });
  app.post("/deliveries/:id/replay", async (request, reply) => {
    const delivery = await own(request, installation);
    if (!(await ledger.replay(installation.cell, delivery.id))) throw new ApiError("not_found");
    reply.code(202);
    return shown({ ...delivery, state: "pending", tries: 0 });
  });
}

async function read(ids: readonly string[], { cell }: Installation): Promise<DeliveryView[]> {
  return (await ledger.readDeliveries(cell, ids)).filter((delivery) => delivery !== undefined).map(shown);
}

async function own(request: FastifyRequest, { cell }: Installation): Promise<ledger.Delivery> {
  const { id = "" } = request.params as { id?: string };
  const [delivery] = /^msg_[\w-]{1,80}$/.test(id) ? await ledger.readDeliveries(cell, [id]) : [];
  if (!delivery || !maySee(request.caller, delivery)) throw new ApiError("not_found");
  return delivery;
}

function shown({ tenant: _, ...view }: ledger.Delivery): DeliveryView {
  return view;
}
