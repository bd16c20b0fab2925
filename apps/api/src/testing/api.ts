import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiErrorBody, apiErrorBody } from "@reelqueue/contracts";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { sharedRedis, uniqueCell } from "@reelqueue/testing";
import { expect } from "vitest";
import { serveApi } from "../server.ts";

/** An API on a free port over a new cell. No worker runs, so every generation stays as the test puts it. */
export interface TestApi extends AsyncDisposable {
  url: string;
  installation: Installation;
  /** The log so far. */
  logged(): string;
  /** Sends a request with an API key, by default `operator`. */
  call(path: string, options?: CallOptions): Promise<Response>;
}

export interface CallOptions {
  method?: string;
  key?: keyof typeof keys | "none" | "wrong";
  body?: unknown;
  headers?: Record<string, string>;
}

export const keys = { operator: "key-of-default", acme: "key-of-acme", rival: "key-of-rival" } as const;

export async function startApi(
  changes: { tenants?: object; redisUrl?: string; publicUrl?: string } = {},
): Promise<TestApi> {
  const home = await mkdtemp(join(tmpdir(), "reelqueue-api-"));
  const configPath = join(home, "reelqueue.config.json");
  const { tenants = tenantsWithKeys(), publicUrl } = changes;
  await writeFile(
    configPath,
    JSON.stringify({ cell: uniqueCell(), accounts: unreachableAccounts, tenants, allowPrivate: ["127.0.0.1/32"] }),
  );
  const lines: string[] = [];
  const log = createLogger({ name: "api", level: "debug", to: { write: (line: string) => void lines.push(line) } });
  const scope = new AsyncDisposableStack();
  scope.defer(() => rm(home, { recursive: true, force: true }));
  const redisUrl = changes.redisUrl ?? (await sharedRedis());
  const env = { NOWHERE_KEY: "canary-provider-key" };
  const reached = publicUrl === undefined ? {} : { publicUrl };
  const options = { redisUrl, home, configPath, env, ...reached, log };
  const installation = await openContext(scope, { ...options, role: "front" });
  const { url } = scope.use(await serveApi(installation, { host: "127.0.0.1", port: 0 }));
  return {
    url,
    installation,
    logged: () => lines.join(""),
    call: (path, options) => call(url, path, options),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

/** The error of an answer; asserts its status and the shape of an error. */
export async function errorIn(response: Response, status: number): Promise<ApiErrorBody["error"]> {
  const text = await response.text();
  expect([response.status, text]).toEqual([status, text]);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(text).not.toMatch(/\bat .*\.(ts|js):\d+/);
  const { error } = apiErrorBody.strict().parse(JSON.parse(text));
  return error;
}

export async function jsonOf<T>(answer: Response | Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

/** Accounts with the real rules of their providers, at an address where nothing listens. */
const unreachableAccounts = Object.fromEntries(
  ["hiapi", "jiekou"].map((provider) => [
    provider,
    {
      provider,
      baseUrl: `http://127.0.0.1:9/${provider}`,
      keyEnv: "NOWHERE_KEY",
      pricesPerSecond: { "seedance-2.0/480p": 0.07 },
    },
  ]),
);

function tenantsWithKeys(): object {
  const hashed = (key: string) => ({ apiKeySha256: [createHash("sha256").update(key).digest("hex")] });
  return { default: hashed(keys.operator), acme: hashed(keys.acme), rival: hashed(keys.rival) };
}

function call(
  url: string,
  path: string,
  { method, key = "operator", body, headers }: CallOptions = {},
): Promise<Response> {
  const isRaw =
    body === undefined || typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const secret = key === "wrong" ? "no-such-key" : keys[key as keyof typeof keys];
  return fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(key !== "none" && { authorization: `Bearer ${secret}` }),
      ...(!isRaw && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: (isRaw ? body : JSON.stringify(body)) as string }),
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}
