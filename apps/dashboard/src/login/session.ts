import { callbackify } from "node:util";
import cookie, { Signer } from "@fastify/cookie";
import session, { type SessionStore } from "@fastify/session";
import { type Cell, toLedgerError } from "@reelqueue/ledger";
import type { FastifyInstance, FastifyReply, FastifyRequest, Session } from "fastify";
import type { Login, Logins } from "./logins.ts";

declare module "fastify" {
  interface Session {
    /** Of the login that began the session. */
    fingerprint?: string;
  }
}

const cookieName = "reelqueue_dashboard";
const lifetimeMs = 12 * 3_600_000;
const attributes = { path: "/", httpOnly: true, sameSite: "strict" } as const;

/**
 * Adds sessions of 12 hours. The cookie holds a signed id, readable by no script and sent by no other site; the session
 * itself is in Redis.
 */
export async function addSessions(app: FastifyInstance, { key, cell }: { key: Buffer; cell: Cell }): Promise<void> {
  await app.register(cookie);
  await app.register(session, {
    secret: new Signer(key),
    store: sessionStore(cell),
    cookieName,
    cookie: { ...attributes, secure: false, maxAge: lifetimeMs },
    saveUninitialized: false,
    rolling: false,
  });
}

/** Begins a session under a new id: an id that was known before the login never becomes a logged-in one. */
export async function beginSession(request: FastifyRequest, { fingerprint }: Login): Promise<void> {
  await request.session.regenerate();
  request.session.options({ expires: new Date(Date.now() + lifetimeMs), secure: isHttps(request) });
  request.session.fingerprint = fingerprint;
  // saved here and not when the answer is sent: the library does not save a secure session that it sees over plain HTTP
  // behind a proxy
  await request.session.save();
}

/** Ends the session in Redis and removes its cookie from the browser. */
export async function endSession(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await request.session.destroy();
  void reply.clearCookie(cookieName, { ...attributes, secure: isHttps(request) });
}

/** The login of a request's session; `undefined` without a session, and once the password of the login was changed. */
export function loginOf({ session: { fingerprint } }: FastifyRequest, logins: Logins): Login | undefined {
  return fingerprint === undefined ? undefined : logins.withFingerprint(fingerprint);
}

/** A client that claims TLS where there is none only keeps its own cookie from being sent. */
function isHttps({ headers }: FastifyRequest): boolean {
  return headers["x-forwarded-proto"] === "https";
}

/** A session is one key, which expires with the session. Errors are of kind LedgerError. */
function sessionStore({ redis, prefix }: Cell): SessionStore {
  const keyOf = (id: string) => `${prefix}:dashboard-session:${id}`;
  const run = <T>(command: Promise<T>) =>
    command.catch((error: unknown) => {
      throw toLedgerError(error);
    });
  return {
    set: callbackify(async (id: string, value: Session) => {
      await run(redis.set(keyOf(id), JSON.stringify(value), "PX", lifetimeMs));
    }),
    get: callbackify(async (id: string) => {
      const text = await run(redis.get(keyOf(id)));
      return text === null ? null : (JSON.parse(text) as Session);
    }),
    destroy: callbackify(async (id: string) => {
      await run(redis.del(keyOf(id)));
    }),
  };
}
