import type { OrphanPage, OrphanView } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { demandOperator } from "../auth.ts";
import { ApiError } from "../errors.ts";
import { integer, parse } from "../parse.ts";

const query = z.strictObject({
  state: z.enum(["open", "acknowledged"]).default("open"),
  offset: integer(0, 1_000_000).default(0),
  limit: integer(1, 100).default(20),
});

const ackBody = z.strictObject({
  taskId: z.string().min(1).max(256),
  account: z.string().min(1).max(64).optional(),
  note: z.string().trim().min(1).max(200).optional(),
});

/** For operators: tasks that no generation owns, and the word that one has been dealt with. */
export function orphans(app: FastifyInstance, { cell, log }: Installation): void {
  const operatorOnly = { onRequest: async (request: FastifyRequest) => demandOperator(request) };
  app.get("/orphans", operatorOnly, async (request): Promise<OrphanPage> => {
    const { state, offset, limit } = parse(query, request.query);
    const read = state === "open" ? ledger.orphans : ledger.acknowledgedOrphans;
    return { orphans: (await read(cell, limit, offset)).map(toView), open: await ledger.countOrphans(cell) };
  });
  app.post("/orphans/ack", operatorOnly, async (request): Promise<OrphanPage> => {
    const { taskId, account, note } = parse(ackBody, request.body);
    const by = request.caller.tenant;
    const taken = await ledger.acknowledgeOrphan(cell, { taskId, account }, { by, note });
    if (taken.length === 0) throw new ApiError("not_found", `There is no open orphan with the task id "${taskId}".`);
    for (const orphan of taken)
      log.info({ event: "task.acknowledged", account: orphan.account, taskId, by, note }, "orphan acknowledged");
    return { orphans: taken.map(toView), open: await ledger.countOrphans(cell) };
  });
}

function toView({ account, task, at, generation, known, owner, by, acked, note }: ledger.Orphan): OrphanView {
  return {
    taskId: task,
    account,
    foundAt: instant(at),
    ...(generation !== undefined && { generation }),
    ...(known !== undefined && { knownTaskId: known }),
    ...(owner !== undefined && { owner }),
    ...(by !== undefined &&
      acked !== undefined && { acknowledged: { at: instant(acked), by, ...(note !== undefined && { note }) } }),
  };
}

function instant(ms: string): string {
  return new Date(Number(ms)).toISOString();
}
