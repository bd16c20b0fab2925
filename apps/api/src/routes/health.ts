import type { Installation } from "@reelqueue/pipeline";
import type { Readiness } from "@reelqueue/runtime";
import type { FastifyInstance } from "fastify";

const readyForMs = 1_000;
const readyWithinMs = 5_000;

/** Is the process alive, may it be sent work, and what has it counted. Open to everyone who reaches this port. */
export function health(app: FastifyInstance, { ready, metrics }: Installation): void {
  const readiness = remembered(() => within(ready()));
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.get("/healthz", async () => ({ ok: true, reasons: [] }));
  app.get("/readyz", async (_request, reply) => {
    const state = await readiness();
    reply.code(state.ok ? 200 : 503);
    return state;
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

/** Whoever asks often gets the same answer: each look costs Redis two commands. */
function remembered(look: () => Promise<Readiness>): () => Promise<Readiness> {
  let last: { state: Promise<Readiness>; until: number } | undefined;
  return () => {
    if (!last || performance.now() > last.until) last = { state: look(), until: performance.now() + readyForMs };
    return last.state;
  };
}

async function within(state: Promise<Readiness>): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(
    () => resolve({ ok: false, reasons: [`Redis did not answer within ${readyWithinMs / 1_000} s.`] }),
    readyWithinMs,
  );
  return Promise.race([state, late]).finally(() => clearTimeout(timer));
}
