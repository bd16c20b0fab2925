import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { redact, scrub } from "./redact.ts";
import { Secret } from "./secret.ts";

/** Not the value of a Secret: that would be removed by value, and the other rules would not be tested. */
const canary = "c4n4ry-9f8e7d6c5b4a";

function recorder() {
  const lines: string[] = [];
  return { lines, to: { write: (line: string) => void lines.push(line) }, text: () => lines.join("") };
}

const error = (message: string, cause?: unknown, extra: object = {}) =>
  Object.assign(new Error(message, { cause }), extra);

/** Values that contain a secret: each is logged as fields, as the cause of an error, in an array and in a child. */
const hidingPlaces: Record<string, unknown> = {
  apiKey: { apiKey: canary },
  "deep key": { a: { b: { c: { d: { e: { f: { HIAPI_API_KEY: canary } } } } } } },
  "upper-case header": { headers: { Authorization: `Bearer ${canary}`, "X-Api-Key": canary } },
  "key as an object": { token: { value: canary } },
  "raw headers": { rawHeaders: ["Accept", "*/*", "X-API-Key", canary] },
  "bearer in a text": { note: `sent Authorization: Bearer ${canary}` },
  "webhook secret": { note: `whsec_${canary}` },
  "vendor key": { note: `key is sk-${canary}` },
  "signed URL": { url: `https://cdn.example/v.mp4?X-Amz-Date=1&X-Amz-Signature=${canary}&x=1` },
  "other signed URLs": [`https://a.example/?Signature=${canary}`, `https://b.example/?a=1&token=${canary}`],
  "URL object": { at: new URL(`https://user:${canary}@cdn.example/?q-signature=${canary}`) },
  "URL in a URL": { url: `https://a.example/?u=https%3A%2F%2Fb.example%2F%3FX-Tos-Signature%3D${canary}%26a%3D1` },
  "Redis address": { url: `redis://default:${canary}@redis:6379/0` },
  "JSON in a text": { body: JSON.stringify({ api_key: canary }) },
  error: error(`refused: Bearer ${canary}`),
  "error with a cause": error("outer", error(`GET https://a.example/?token=${canary}`, { secret: canary })),
  "error with fields": error("x", undefined, { request: { headers: { cookie: canary } } }),
  "several errors": new AggregateError([error(`sk-${canary}`)], "all failed"),
  map: new Map([["authorization", canary]]),
  set: new Set([`whsec_${canary}`]),
  "field name": { [`whsec_${canary}`]: 1 },
  buffer: { raw: Buffer.from(canary) },
};

test.each(Object.keys(hidingPlaces))("no secret is logged at level trace: %s", (place) => {
  const { to, text, lines } = recorder();
  const log = createLogger({ name: "test", level: "trace", to });
  const value = hidingPlaces[place];
  log.trace({ value }, "as a field");
  log.debug({ list: [1, [value]] }, "in an array");
  log.error(error("failed", value), "as a cause");
  log.error({ err: value });
  if (value instanceof Error) log.error(value);
  log.child({ generation: "g1", value }).info("as a child's field");
  if (typeof value === "object" && value !== null && !(value instanceof Map)) log.info({ ...value }, "spread");
  log.warn("interpolated %j", (value instanceof Error ? { text: value.message } : value) as object);
  expect(lines.length).toBeGreaterThanOrEqual(6);
  expect(text()).not.toContain(canary);
});

test("the value of a Secret is removed from every line", () => {
  const { to, text } = recorder();
  const key = new Secret("plain-looking-value");
  const log = createLogger({ name: "test", level: "trace", to });
  log.info({ note: "header was plain-looking-value!" }, "sent %s", "plain-looking-value");
  log.error(error("invalid header value plain-looking-value"));
  expect(text()).not.toContain(key.reveal());
});

test("a secret that is complete only in the formatted message is removed", () => {
  const { to, text } = recorder();
  const log = createLogger({ name: "test", to });
  log.info("GET /v.mp4?Signature=%s", canary);
  log.info("Authorization: Bearer %s", canary);
  expect(text()).not.toContain(canary);
});

test("ids, counts and names stay readable", () => {
  const { to, lines } = recorder();
  const log = createLogger({ name: "poller", to }).child({
    generation: "g1",
    taskId: "tk-hiapi-abc123",
    account: "hiapi",
  });
  log.info(
    { usage: { completion_tokens: 108_900 }, signal: "SIGTERM", design: "a=1" },
    "task-sk status=%s %j",
    "running",
    { n: 1 },
  );
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({
    level: "info",
    name: "poller",
    generation: "g1",
    taskId: "tk-hiapi-abc123",
    account: "hiapi",
    usage: { completion_tokens: 108_900 },
    signal: "SIGTERM",
    msg: 'task-sk status=running {"n":1}',
  });
  expect(scrub("https://cdn.example/a.mp4?X-Amz-Signature=abc&size=5")).toBe(
    "https://cdn.example/a.mp4?X-Amz-Signature=[secret]&size=5",
  );
});

test("an error is logged with its causes, fields and stack", () => {
  const { to, lines } = recorder();
  createLogger({ name: "test", to }).error({ err: error("outer", error("inner", undefined, { code: "ECONNRESET" })) });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    msg: "outer",
    err: {
      type: "Error",
      message: "outer",
      stack: expect.stringContaining("logger.test"),
      cause: { code: "ECONNRESET" },
    },
  });
});

test("no value breaks the log: cycles, throwing getters, depth, size", () => {
  const cycle: Record<string, unknown> = { a: 1 };
  cycle.self = cycle;
  const trap = Object.defineProperty({}, "x", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });
  const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`);
  expect(redact({ cycle, trap, deep, big: 1n, long: "x".repeat(100_000) })).toMatchObject({
    cycle: { a: 1, self: "[circular]" },
    trap: { x: "[unreadable]" },
    big: "1",
    long: expect.stringMatching(/^x{8192}… \[91808 more characters\]$/),
  });
  expect(redact(Array.from({ length: 300 }, () => 0))).toHaveLength(201);
});

// A pattern that backtracks over the whole text would take minutes.
test("a hostile text of 400,000 characters is scrubbed in linear time", () => {
  for (const piece of ["a-", "sig", "&token", "://a", '"key', "Bearer ", "key%3", "a.b_c"]) {
    const startedMs = performance.now();
    scrub(piece.repeat(400_000 / piece.length));
    expect(performance.now() - startedMs, piece).toBeLessThan(10_000);
  }
});

test("a Secret prints as [secret] in every form", () => {
  const value = "0ther-c4n4ry-value";
  const secret = new Secret(value);
  const forms = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect([new Map([["a", secret]])])];
  for (const form of forms) expect(form).toContain("[secret]");
  const { to, text } = recorder();
  createLogger({ name: "test", to }).info({ account: secret, list: [secret] }, "with %s", secret);
  expect([...forms, text()].join("")).not.toContain(value);
  expect(secret.reveal()).toBe(value);
});
