import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { billReport } from "./bill.ts";
import { faults } from "./faults.ts";
import { ratesSchema } from "./options.ts";
import { page } from "./page.ts";
import { listTasks, statistics } from "./report.ts";
import type { Simulation } from "./simulation.ts";
import { takeSnapshot } from "./snapshot.ts";
import { phases } from "./task.ts";

const limitSchema = z.coerce.number().int().min(1).max(100_000).default(100);
const tasksQuery = z.object({ limit: limitSchema, state: z.enum(phases).optional() });
const logQuery = z.object({ limit: limitSchema });
const faultsBody = z.union([z.strictObject({ rates: ratesSchema }), z.strictObject({ clear: z.literal(true) })]);
const proofQuery = z.object({ nonce: z.string().min(1).max(100) });
const switchBody = z.strictObject({ on: z.boolean() });

/** Serves the simulator's own paths: bill, tasks, log, and the switches for tests. */
export function serveControl(app: FastifyInstance, simulation: Simulation): void {
  app.get<{ Querystring: { marker?: string } }>("/simulator/ledger", ({ query }) =>
    billReport(simulation.bill, simulation.tasks.all(), simulation.tasks.forgotten, query.marker),
  );
  app.get("/simulator/tasks", ({ query }, reply) =>
    validated(reply, tasksQuery, query, ({ limit, state }) => ({ tasks: listTasks(simulation, limit, state) })),
  );
  app.get("/simulator/log", ({ query }, reply) =>
    validated(reply, logQuery, query, ({ limit }) => ({
      requests: simulation.log.newest(limit),
      routes: simulation.log.counts,
    })),
  );
  app.get("/simulator/stats", () => statistics(simulation));
  app.get("/simulator/snapshot", () => takeSnapshot(simulation));
  app.get("/simulator/proof", ({ query }, reply) =>
    validated(reply, proofQuery, query, ({ nonce }) => ({
      proof: createHash("sha256").update(`reelqueue simulator ${nonce}`).digest("hex"),
    })),
  );
  app.get("/simulator/faults", () => ({ rates: simulation.faults.rates, faults }));
  serveSwitches(app, simulation);
  app.get("/healthz", () => ({ ok: true }));
  app.get("/", (_, reply) => reply.type("text/html; charset=utf-8").send(page(simulation, listTasks(simulation, 50))));
}

function serveSwitches(app: FastifyInstance, simulation: Simulation): void {
  app.post("/simulator/faults", ({ body }, reply) =>
    validated(reply, faultsBody, body, (change) => {
      simulation.faults.rates = "rates" in change ? change.rates : {};
      return { rates: simulation.faults.rates };
    }),
  );
  app.post("/simulator/callbacks", ({ body }, reply) =>
    validated(reply, switchBody, body, ({ on }) => {
      simulation.callbacks.on = on;
      return { on };
    }),
  );
  app.post("/simulator/outages", ({ body }, reply) =>
    validated(reply, switchBody, body, ({ on }) => {
      simulation.outagesOn = on;
      return { on };
    }),
  );
  app.post("/simulator/reset", () => {
    simulation.reset();
    return { ok: true };
  });
}

function validated<Schema extends z.ZodType>(
  reply: FastifyReply,
  schema: Schema,
  value: unknown,
  then: (value: z.output<Schema>) => unknown,
): unknown {
  const parsed = schema.safeParse(value);
  return parsed.success ? then(parsed.data) : reply.code(400).send({ error: z.prettifyError(parsed.error) });
}
