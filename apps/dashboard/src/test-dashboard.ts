import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppQueue } from "@bull-board/api/typings/app";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { sharedRedis, uniqueCell } from "@reelqueue/testing";
import { openBoard } from "./board/index.ts";
import { openLogins } from "./login/logins.ts";
import { createServer } from "./server.ts";

const accounts = {
  operator: { user: "admin", password: "operator-password" },
  viewer: { user: "guest", password: "viewer-password" },
};

export const sessionKey = Buffer.alloc(32, 7);

export interface TestDashboard extends AsyncDisposable {
  url: string;
  installation: Installation;
  /** Sends the login form; does not follow the redirect. */
  logIn(user: string, password: string, headers?: Record<string, string>): Promise<Response>;
  operator: Visitor;
  viewer: Visitor;
  /** The log so far. */
  logs(): string;
}

/** A logged-in browser. */
export interface Visitor {
  /** Sends the headers that the page sends, unless others are given. */
  send(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Response>;
  json<Body = { error?: string; message?: string }>(path: string): Promise<Body>;
  /** The overview, or one queue with a page of its jobs. */
  queues(query?: Record<string, string | number>): Promise<Record<string, AppQueue>>;
}

export interface TestOptions {
  /** Default: the Redis that all tests of a run share. */
  redisUrl?: string;
  config?: object;
  env?: Record<string, string>;
}

/** Opens a dashboard over a new cell, on a free port. */
export async function openTestDashboard({ redisUrl, config = {}, env = {} }: TestOptions = {}): Promise<TestDashboard> {
  const scope = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "reelqueue-dashboard-"));
  scope.defer(() => rm(home, { recursive: true, force: true }));
  const configPath = join(home, "reelqueue.config.json");
  await writeFile(configPath, JSON.stringify({ cell: uniqueCell(), ...config }));
  const lines: string[] = [];
  const log = createLogger({ name: "dashboard", to: { write: (line) => void lines.push(line) } });
  const installation = await openContext(scope, {
    redisUrl: redisUrl ?? (await sharedRedis()),
    home,
    configPath,
    env,
    role: "front",
    log,
  });
  const logins = openLogins(accounts, sessionKey);
  const board = openBoard(scope, installation);
  const server = await createServer({ logins, sessionKey, cell: installation.cell, board, log });
  scope.defer(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const logIn: TestDashboard["logIn"] = (user, password, headers) => postForm(url, { user, password }, headers);
  const visitor = async (role: "operator" | "viewer") =>
    toVisitor(url, cookieOf(await logIn(accounts[role].user, accounts[role].password)));
  return {
    url,
    installation,
    logIn,
    operator: await visitor("operator"),
    viewer: await visitor("viewer"),
    logs: () => lines.join(""),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

function postForm(url: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response> {
  return fetch(`${url}/login`, {
    method: "POST",
    headers: { origin: url, ...headers },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
}

/** The cookie that an answer sets, as the browser sends it back. */
export function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie().at(-1)?.split(";", 1)[0] ?? "";
}

function toVisitor(url: string, cookie: string): Visitor {
  const send: Visitor["send"] = (method, path, headers = { origin: url }, body) =>
    fetch(`${url}${path}`, {
      method,
      redirect: "manual",
      headers: { cookie, ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const json = async <Body>(path: string) => (await (await send("GET", path)).json()) as Body;
  return {
    send,
    json,
    queues: async (query = {}) => {
      const search = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]),
      );
      const { queues } = await json<{ queues: AppQueue[] }>(`/api/queues?${search}`);
      return Object.fromEntries(queues.map((queue) => [queue.name, queue]));
    },
  };
}
