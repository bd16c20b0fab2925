import type { Metrics } from "@reelqueue/runtime";
import type { FastifyInstance } from "fastify";

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Counts and times every request by route, never by the address itself: it may hold a token. */
export function measure(app: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram("http_request_seconds", "Requests to the API", buckets, [
    "method",
    "route",
    "status",
  ]);
  app.addHook("onResponse", async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? "none", status: `${reply.statusCode}` };
    seconds.observe(labels, reply.elapsedTime / 1_000);
    request.log.debug(
      { event: "api.answered", ...labels, requestId: request.id, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
  });
}
