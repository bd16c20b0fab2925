import type { Installation } from "@reelqueue/pipeline";
import type { Readiness } from "@reelqueue/runtime";
import type { FastifyInstance } from "fastify";

const cacheMs = 1_000;
const timeoutMs = 5_000;

/** Liveness, readiness and metrics; they need no API key. */
export function health(app: FastifyInstance, { ready, metrics }: Installation): void {
  const readiness = cached(() => withTimeout(ready()));
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

/** Caches the readiness for `cacheMs`: each check costs Redis two commands. */
function cached(check: () => Promise<Readiness>): () => Promise<Readiness> {
  let last: { state: Promise<Readiness>; until: number } | undefined;
  return () => {
    if (!last || performance.now() > last.until) last = { state: check(), until: performance.now() + cacheMs };
    return last.state;
  };
}

async function withTimeout(state: Promise<Readiness>): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Readiness>();
  const timer = setTimeout(
    () => resolve({ ok: false, reasons: [`Redis did not answer within ${timeoutMs / 1_000} s.`] }),
    timeoutMs,
  );
  return Promise.race([state, late]).finally(() => clearTimeout(timer));
}
