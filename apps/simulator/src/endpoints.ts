import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Account } from "./accounts.ts";
import type { Api, Call } from "./call.ts";
import { create } from "./create.ts";
import { type Answer, withHeaders } from "./http.ts";
import type { Quota, RequestKind } from "./limits.ts";
import { type LogEntry, maskKey } from "./log.ts";
import type { Simulation } from "./simulation.ts";
import { readStatus } from "./status.ts";
import { type Refusal, tooMany, type Vendor } from "./vendor.ts";

/** A vendor with every endpoint that it serves. */
export interface VendorApi extends Vendor {
  /** Endpoints besides create and status read: lists, cancel, uploads. */
  endpoints?: Endpoint[];
}

export interface Endpoint {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** The rate-limit category it counts against. */
  kind: RequestKind;
  /** The content type of the body; absent: JSON. */
  takes?: "form";
  /** Absent: the limit of a create. */
  bodyLimitBytes?: number;
  handle(call: Call): Answer | Promise<Answer>;
}

interface FastifyTypes {
  Params: Record<string, string>;
  Querystring: Record<string, string | string[]>;
}

/** Serves a vendor's endpoints under `/<name>`; every error there is answered in the vendor's own envelope. */
export async function mountVendor(app: FastifyInstance, simulation: Simulation, vendor: VendorApi): Promise<void> {
  const api: Api = { simulation, vendor, refuse: (refusal) => simulation.refuse(vendor, refusal) };
  const endpoints: Endpoint[] = [
    { method: "POST", path: vendor.createPath, kind: "submit", handle: create },
    { method: "GET", path: vendor.readPath, kind: "query", handle: readStatus },
    ...(vendor.endpoints ?? []),
  ];
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.setErrorHandler((error, request, reply) => refuseUnrouted(api, request, reply, refusalOf(error)));
      // not by setNotFoundHandler, which adds a route for every method of Node and so doubles the time of a start
      for (const rest of ["/", "/*"])
        scope.all(rest, (request, reply) => {
          const { method, url: path } = request;
          return refuseUnrouted(api, request, reply, { kind: "unknown-route", method, path });
        });
      await scope.register(async (inner) => {
        inner.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => done(null, body));
        for (const each of endpoints) if (each.takes === undefined) serve(inner, api, each);
      });
      await scope.register(async (inner) => {
        inner.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_, body, done) => done(null, body));
        for (const each of endpoints) if (each.takes === "form") serve(inner, api, each);
      });
    },
    { prefix: `/${vendor.name}` },
  );
}

function serve(scope: FastifyInstance, api: Api, { method, path, kind, bodyLimitBytes, handle }: Endpoint): void {
  const { simulation, vendor, refuse } = api;
  const route = `${method} /${vendor.name}${path}`;
  scope.route<FastifyTypes>({
    method,
    url: path,
    bodyLimit: bodyLimitBytes ?? vendor.bodyLimitBytes,
    handler(request, reply) {
      const { key, entry, send } = open(simulation, route, request, reply);
      const finish = (answer: Answer, quota?: Quota) =>
        send(withHeaders(answer, quota && vendor.rateHeaders?.(quota, kind)));
      if (key === "" || key === "bad-key") return finish(refuse({ kind: key === "" ? "no-key" : key }));
      const account = simulation.accountOf(vendor, key);
      const quota = account.request(entry.at, kind);
      if (quota?.granted === false) return finish(refuse(tooMany("requests", quota.freeAtMs - entry.at)), quota);
      const answer = handle(callOf(api, account, entry, request));
      return answer instanceof Promise ? answer.then((late) => finish(late, quota)) : finish(answer, quota);
    },
  });
}

function callOf(api: Api, account: Account, entry: LogEntry, request: FastifyRequest<FastifyTypes>): Call {
  const { params, query, headers, body } = request;
  const [raw, bytes] = [typeof body === "string" ? body : "", Buffer.isBuffer(body) ? body : Buffer.alloc(0)];
  return { ...api, account, entry, params, query, headers, raw, bytes };
}

/** Starts the log entry of a request; `send` completes it, and sends the answer. */
function open(simulation: Simulation, route: string, { method, url, headers }: FastifyRequest, reply: FastifyReply) {
  const key = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const entry: LogEntry = { at: Date.now(), method, path: url, key: maskKey(key), status: 0 };
  const send = (answer: Answer): unknown => {
    if (answer.kind === "reply") entry.status = answer.status;
    simulation.log.add(route, entry);
    if (answer.kind === "reply") {
      return reply.code(answer.status).type("application/json").headers(answer.headers).send(answer.body);
    }
    reply.hijack();
    if (answer.kind === "reset") reply.raw.socket?.resetAndDestroy();
    return undefined;
  };
  return { key, entry, send };
}

/** Refuses a request that no endpoint handled: an unknown path, or a body that is too large or not JSON. */
function refuseUnrouted(api: Api, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): unknown {
  return open(api.simulation, `${request.method} /${api.vendor.name}`, request, reply).send(api.refuse(refusal));
}

function refusalOf(error: unknown): Refusal {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return { kind: "too-large" };
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return { kind: "unsupported-media" };
  // A bug in the simulator: the client gets a 500, the operator a warning with the stack.
  process.emitWarning(error instanceof Error ? error : String(error));
  return { kind: "broken", during: "read" };
}
