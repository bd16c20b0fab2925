import type { FastifyInstance, HTTPMethods } from "fastify";
import { ApiError } from "./api-error.ts";

const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Watches which routes there are; `close` answers 405 under their addresses for every method that they do not take. */
export function answerOtherMethods(app: FastifyInstance): { close(): void } {
  const taken = new Map<string, Set<HTTPMethods>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = taken.get(url) ?? new Set();
    taken.set(url, known);
    for (const each of [method].flat()) known.add(each);
  });
  return {
    close: () => {
      for (const [url, known] of [...taken]) {
        const allow = [...known].sort().join(", ");
        app.route({
          url,
          method: methods.filter((method) => !known.has(method)),
          onRequest: async (_request, reply) => {
            reply.header("allow", allow);
            throw new ApiError("method_not_allowed");
          },
          handler: async () => undefined,
        });
      }
    },
  };
}
