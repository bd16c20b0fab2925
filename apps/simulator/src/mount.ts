import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Answer, Visit } from "./answer.ts";
import { create } from "./create.ts";
import type { Dialect, Refusal, Route } from "./dialect.ts";
import { enter, withHeaders } from "./door.ts";
import { type LogEntry, shown } from "./log.ts";
import { status } from "./status.ts";
import type { World } from "./world.ts";

interface Asked {
  Params: Record<string, string>;
  Querystring: Record<string, string | string[]>;
}

/** Opens a dialect's routes under `/<name>`; everything that goes wrong there is said in the vendor's own envelope. */
export async function mount(app: FastifyInstance, world: World, dialect: Dialect): Promise<void> {
  const routes = routesOf(dialect);
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.setErrorHandler((error, request, reply) => refuse(world, dialect, request, reply, refusalOf(error)));
      scope.setNotFoundHandler((request, reply) => refuse(world, dialect, request, reply, unknownRoute(request)));
      await scope.register(async (inner) => {
        inner.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => done(null, body));
        for (const route of routes) if (route.takes === undefined) open(inner, world, dialect, route);
      });
      await scope.register(async (inner) => {
        inner.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_, body, done) => done(null, body));
        for (const route of routes) if (route.takes === "form") open(inner, world, dialect, route);
      });
    },
    { prefix: `/${dialect.name}` },
  );
}

function routesOf(dialect: Dialect): Route[] {
  return [
    {
      method: "POST",
      path: dialect.createPath,
      use: "submit",
      handle: (visit, world) => create(world, dialect, visit),
    },
    { method: "GET", path: dialect.readPath, use: "query", handle: (visit, world) => status(world, dialect, visit) },
    ...(dialect.routes ?? []),
  ];
}

function open(scope: FastifyInstance, world: World, dialect: Dialect, route: Route): void {
  const { method, path, use, handle } = route;
  const name = `${method} /${dialect.name}${path}`;
  scope.route<Asked>({
    method,
    url: path,
    bodyLimit: route.bodyLimitBytes ?? dialect.bodyLimitBytes,
    handler(request, reply) {
      const { authorization } = request.headers;
      const entered = enter(world, dialect, { method, path: request.url, authorization, use });
      if (!entered.ok) return send(reply, entered.answer, () => note(world, name, entered.entry, entered.answer));
      const { room, entry } = entered;
      const finish = (answer: Answer): unknown => {
        const whole = withHeaders(answer, room && dialect.rateHeaders?.(room, use));
        return send(reply, whole, () => note(world, name, entry, whole));
      };
      const answer = handle(visitOf(request, entered), world, dialect);
      return answer instanceof Promise ? answer.then(finish) : finish(answer);
    },
  });
}

function visitOf(request: FastifyRequest<Asked>, { account, entry }: Pick<Visit, "account" | "entry">): Visit {
  const { params, query, headers, body } = request;
  const [raw, bytes] = [typeof body === "string" ? body : "", Buffer.isBuffer(body) ? body : Buffer.alloc(0)];
  return { account, entry, params, query, headers, raw, bytes };
}

function send(reply: FastifyReply, answer: Answer, noted: () => void): unknown {
  noted();
  if (answer.kind === "reply") {
    return reply.code(answer.status).type("application/json").headers(answer.headers).send(answer.body);
  }
  reply.hijack();
  if (answer.kind === "reset") reply.raw.socket?.resetAndDestroy();
  return undefined;
}

function note(world: World, route: string, entry: LogEntry, answer: Answer): void {
  if (answer.kind === "reply") entry.status = answer.status;
  world.log.add(route, entry);
}

/** What never reached a route: an unknown path, a body that is too large or not JSON. */
function refuse(world: World, dialect: Dialect, request: FastifyRequest, reply: FastifyReply, refusal: Refusal) {
  const answer = world.refuse(dialect, refusal);
  const key = shown((request.headers.authorization ?? "").replace(/^Bearer /i, ""));
  const entry = { at: world.clock.now(), method: request.method, path: request.url, key, status: 0 };
  return send(reply, answer, () => note(world, `${request.method} /${dialect.name}`, entry, answer));
}

function unknownRoute({ method, url }: FastifyRequest): Refusal {
  return { kind: "unknown-route", method, path: url };
}

function refusalOf(error: unknown): Refusal {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return { kind: "too-large" };
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return { kind: "unsupported-media" };
  // A fault of the simulator itself: clients see a 500, whoever runs it sees why.
  process.emitWarning(error instanceof Error ? error : String(error));
  return { kind: "broken", during: "read" };
}
