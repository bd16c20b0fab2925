import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { ledger } from "./bill.ts";
import type { Asked } from "./dialect.ts";
import { faults } from "./faults.ts";
import { shown } from "./log.ts";
import { ratesSchema } from "./options.ts";
import { page } from "./page.ts";
import { snapshot } from "./snapshot.ts";
import type { Phase, Task } from "./tasks.ts";
import type { World } from "./world.ts";

const phases = [
  "queued",
  "running",
  "archiving",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const satisfies readonly Phase[];
const few = z.coerce.number().int().min(1).max(100_000).default(100);
const tasksQuery = z.object({ limit: few, state: z.enum(phases).optional() });
const faultsBody = z.union([z.strictObject({ rates: ratesSchema }), z.strictObject({ clear: z.literal(true) })]);
const callbacksBody = z.strictObject({ on: z.boolean() });

/** Opens the simulator's own paths: the truth about money and tasks, and the switches of a test. */
export function serveControl(app: FastifyInstance, world: World): void {
  app.get<{ Querystring: { marker?: string } }>("/simulator/ledger", ({ query }) =>
    ledger(world.bill, world.tasks.all(), world.tasks.forgotten, query.marker),
  );
  app.get("/simulator/tasks", ({ query }, reply) =>
    checked(reply, tasksQuery, query, ({ limit, state }) => ({ tasks: rows(world, limit, state) })),
  );
  app.get("/simulator/log", ({ query }, reply) =>
    checked(reply, z.object({ limit: few }), query, ({ limit }) => ({
      requests: world.log.newest(limit),
      routes: world.log.counts(),
    })),
  );
  app.get("/simulator/stats", () => stats(world));
  app.get("/simulator/snapshot", () => snapshot(world));
  app.get("/simulator/faults", () => ({ rates: world.faults.rates, faults }));
  serveSwitches(app, world);
  app.get("/healthz", () => ({ ok: true }));
  app.get("/", (_, reply) => reply.type("text/html; charset=utf-8").send(page(world, rows(world, 50))));
}

function serveSwitches(app: FastifyInstance, world: World): void {
  app.post("/simulator/faults", ({ body }, reply) =>
    checked(reply, faultsBody, body, (wanted) => {
      world.faults.rates = "rates" in wanted ? wanted.rates : {};
      return { rates: world.faults.rates };
    }),
  );
  app.post("/simulator/callbacks", ({ body }, reply) =>
    checked(reply, callbacksBody, body, ({ on }) => {
      world.callbacks.on = on;
      return { on };
    }),
  );
  app.post("/simulator/reset", () => {
    world.reset();
    return { ok: true };
  });
}

function checked<Schema extends z.ZodType>(
  reply: FastifyReply,
  schema: Schema,
  value: unknown,
  then: (value: z.output<Schema>) => unknown,
): unknown {
  const parsed = schema.safeParse(value);
  return parsed.success ? then(parsed.data) : reply.code(400).send({ error: z.prettifyError(parsed.error) });
}

/** One task as the operator may see it. */
export interface Row {
  id: string;
  dialect: string;
  key: string;
  marker: string | undefined;
  state: Phase;
  model: string;
  resolution: string;
  seconds: number;
  ratio: string;
  microUsd: number;
  refunded: boolean;
  reads: number;
  acceptedAt: number;
  endedAt: number;
  faults: string[];
  asked: Asked | undefined;
}

/** Newest first. */
function rows(world: World, limit: number, state?: Phase): Row[] {
  const chosen: Task[] = [];
  for (const task of [...world.tasks.all()].reverse()) {
    if (chosen.length >= limit) break;
    if (state === undefined || world.tasks.phase(task) === state) chosen.push(task);
  }
  return chosen.map((task) => row(world, task));
}

function row(world: World, task: Task): Row {
  const { id, account, marker, order, refunded, reads, acceptedAt, endedAt, plan } = task;
  const { model, resolution, seconds, ratio, microUsd } = order;
  const { dialect } = account;
  const [key, state, planned] = [shown(account.key), world.tasks.phase(task), [...(plan?.keys() ?? [])]];
  const ordered = { model, resolution, seconds, ratio, microUsd, asked: order.asked };
  return { id, dialect, key, marker, state, ...ordered, refunded, reads, acceptedAt, endedAt, faults: planned };
}

function stats(world: World) {
  const byState = Object.fromEntries(phases.map((phase) => [phase, 0]));
  for (const task of world.tasks.all()) {
    const phase = world.tasks.phase(task);
    byState[phase] = (byState[phase] ?? 0) + 1;
  }
  const accounts = world.accounts.all().map(({ dialect, key, running, peakRunning, ...account }) => ({
    dialect,
    key: shown(key),
    running,
    peakRunning,
    requests: account.requests,
    refusedRequests: account.refusedRequests,
    refusedTasks: account.refusedTasks,
    peakRequestsInWindow: account.peakRequestsInWindow,
  }));
  return { tasks: byState, accounts, callbacks: { on: world.callbacks.on, ...world.callbacks.counts } };
}
