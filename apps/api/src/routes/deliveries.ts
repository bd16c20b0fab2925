import type { DeliveryView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { demandOperator } from "../auth.ts";
import { ApiError } from "../errors.ts";
import { ownDelivery, ownGeneration } from "../ownership.ts";
import { integer, parse } from "../parse.ts";

const query = z.strictObject({
  state: z.enum(["pending", "delivered", "exhausted"]).default("pending"),
  offset: integer(0, 1_000_000).default(0),
  limit: integer(1, 100).default(20),
});

/** The webhook deliveries of one generation, or of all in one state (operators), and their replay. */
export function deliveries(app: FastifyInstance, installation: Installation): void {
  app.get("/generations/:id/deliveries", async (request) => {
    const { id } = await ownGeneration(request, installation);
    return { deliveries: await read(await ledger.deliveriesOf(installation.cell, id), installation) };
  });
  app.get("/deliveries", { onRequest: async (request) => demandOperator(request) }, async (request) => {
    const { state, offset, limit } = parse(query, request.query);
    return {
      deliveries: await read(await ledger.listDeliveries(installation.cell, state, offset, limit), installation),
    };
  });
  app.post("/deliveries/:id/replay", async (request, reply) => {
    const delivery = await ownDelivery(request, installation);
    if (!(await ledger.replay(installation.cell, delivery.id))) throw new ApiError("not_found");
    reply.code(202);
    return toView({ ...delivery, state: "pending", tries: 0 });
  });
}

async function read(ids: readonly string[], { cell }: Installation): Promise<DeliveryView[]> {
  return (await ledger.readDeliveries(cell, ids)).filter((delivery) => delivery !== undefined).map(toView);
}

function toView({ tenant: _, ...view }: ledger.Delivery): DeliveryView {
  return view;
}
