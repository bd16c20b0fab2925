import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Account } from "./accounts.ts";
import { create } from "./create.ts";
import { type Answer, type Call, type Reply, withHeaders } from "./http.ts";
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
  handle(call: Call, simulation: Simulation, vendor: Vendor): Answer | Promise<Answer>;
}

interface FastifyTypes {
  Params: Record<string, string>;
  Querystring: Record<string, string | string[]>;
}

/** Serves a vendor's endpoints under `/<name>`; every error there is answered in the vendor's own envelope. */
export async function mountVendor(app: FastifyInstance, simulation: Simulation, vendor: VendorApi): Promise<void> {
  const endpoints = endpointsOf(vendor);
  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) =>
    refuseUnrouted(simulation, vendor, { request, reply, refusal });
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.setErrorHandler((error, request, reply) => refuse(request, reply, refusalOf(error)));
      // not by setNotFoundHandler, which adds a route for every method of Node and so doubles the time of a start
      for (const rest of ["/", "/*"])
        scope.all(rest, (request, reply) => refuse(request, reply, unknownRoute(request)));
      await scope.register(async (inner) => {
        inner.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => done(null, body));
        for (const each of endpoints) if (each.takes === undefined) serve(inner, simulation, vendor, each);
      });
      await scope.register(async (inner) => {
        inner.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_, body, done) => done(null, body));
        for (const each of endpoints) if (each.takes === "form") serve(inner, simulation, vendor, each);
      });
    },
    { prefix: `/${vendor.name}` },
  );
}

function endpointsOf(vendor: VendorApi): Endpoint[] {
  return [
    {
      method: "POST",
      path: vendor.createPath,
      kind: "submit",
      handle: (call, simulation) => create(simulation, vendor, call),
    },
    {
      method: "GET",
      path: vendor.readPath,
      kind: "query",
      handle: (call, simulation) => readStatus(simulation, vendor, call),
    },
    ...(vendor.endpoints ?? []),
  ];
}

function serve(scope: FastifyInstance, simulation: Simulation, vendor: Vendor, endpoint: Endpoint): void {
  const { method, path, kind, handle } = endpoint;
  const name = `${method} /${vendor.name}${path}`;
  const send = (reply: FastifyReply, entry: LogEntry, answer: Answer): unknown => {
    logAnswer(simulation, name, entry, answer);
    return sendAnswer(reply, answer);
  };
  scope.route<FastifyTypes>({
    method,
    url: path,
    bodyLimit: endpoint.bodyLimitBytes ?? vendor.bodyLimitBytes,
    handler(request, reply) {
      const authorized = authorize(simulation, vendor, request, kind);
      if (!authorized.ok) return send(reply, authorized.entry, authorized.answer);
      const { quota, entry } = authorized;
      const finish = (answer: Answer): unknown =>
        send(reply, entry, withHeaders(answer, quota && vendor.rateHeaders?.(quota, kind)));
      const answer = handle(callOf(request, authorized), simulation, vendor);
      return answer instanceof Promise ? answer.then(finish) : finish(answer);
    },
  });
}

type Authorized =
  | { ok: true; account: Account; quota: Quota | undefined; entry: LogEntry }
  | { ok: false; answer: Reply; entry: LogEntry };

/** Checks the key and the rate limits of a request. */
function authorize(simulation: Simulation, vendor: Vendor, request: FastifyRequest, kind: RequestKind): Authorized {
  const key = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const entry = entryOf(simulation, request, key);
  if (key === "") return { ok: false, answer: simulation.refuse(vendor, { kind: "no-key" }), entry };
  if (key === "bad-key") return { ok: false, answer: simulation.refuse(vendor, { kind: "bad-key" }), entry };
  const account = simulation.accounts.of(vendor, key);
  const quota = account.request(entry.at, kind);
  if (!quota || quota.granted) return { ok: true, account, quota, entry };
  const answer = simulation.refuse(vendor, tooMany("requests", quota.freeAtMs - entry.at));
  return { ok: false, answer: withHeaders(answer, vendor.rateHeaders?.(quota, kind)), entry };
}

function callOf(request: FastifyRequest<FastifyTypes>, { account, entry }: Pick<Call, "account" | "entry">): Call {
  const { params, query, headers, body } = request;
  const [raw, bytes] = [typeof body === "string" ? body : "", Buffer.isBuffer(body) ? body : Buffer.alloc(0)];
  return { account, entry, params, query, headers, raw, bytes };
}

function sendAnswer(reply: FastifyReply, answer: Answer): unknown {
  if (answer.kind === "reply") {
    return reply.code(answer.status).type("application/json").headers(answer.headers).send(answer.body);
  }
  reply.hijack();
  if (answer.kind === "reset") reply.raw.socket?.resetAndDestroy();
  return undefined;
}

function entryOf(simulation: Simulation, { method, url: path }: FastifyRequest, key: string): LogEntry {
  return { at: simulation.clock.now(), method, path, key: maskKey(key), status: 0 };
}

function logAnswer(simulation: Simulation, route: string, entry: LogEntry, answer: Answer): void {
  if (answer.kind === "reply") entry.status = answer.status;
  simulation.log.add(route, entry);
}

interface Unrouted {
  request: FastifyRequest;
  reply: FastifyReply;
  refusal: Refusal;
}

/** Refuses a request that no endpoint handled: an unknown path, or a body that is too large or not JSON. */
function refuseUnrouted(simulation: Simulation, vendor: Vendor, { request, reply, refusal }: Unrouted): unknown {
  const answer = simulation.refuse(vendor, refusal);
  const entry = entryOf(simulation, request, (request.headers.authorization ?? "").replace(/^Bearer /i, ""));
  logAnswer(simulation, `${request.method} /${vendor.name}`, entry, answer);
  return sendAnswer(reply, answer);
}

function unknownRoute({ method, url }: FastifyRequest): Refusal {
  return { kind: "unknown-route", method, path: url };
}

function refusalOf(error: unknown): Refusal {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return { kind: "too-large" };
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return { kind: "unsupported-media" };
  // A bug in the simulator: the client gets a 500, the operator a warning with the stack.
  process.emitWarning(error instanceof Error ? error : String(error));
  return { kind: "broken", during: "read" };
}
