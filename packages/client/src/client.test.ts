import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Generation, RowAnswer } from "@reelqueue/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { ApiError, type Client, createClient } from "./index.ts";

interface Seen {
  method: string;
  path: string;
  body: string;
  headers: IncomingMessage["headers"];
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** A client of an API that answers as told, and everything it was sent. */
async function against(
  answer: (seen: Seen, response: ServerResponse) => void,
): Promise<{ client: Client; seen: Seen[]; url: string }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const each = { method, path, headers, body: await text(request) };
    seen.push(each);
    answer(each, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { client: createClient({ url: `${url}/`, key: "a-key" }), seen, url };
}

const json = (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const errorBody = (code: string, more: object = {}) => ({
  error: { code, message: `about ${code}`, requestId: "r1", ...more },
});
const failure = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${String(error)}`);
  return error;
};

test("the key is sent, ids cannot leave their place, and 200 instead of 202 means that it existed", async () => {
  const statuses = [202, 200];
  const { client, seen } = await against((_, response) =>
    json(response, { generation: { id: "g" } }, statuses.shift()),
  );
  expect((await client.enqueue({ prompt: "x" })).existing).toBe(false);
  expect((await client.enqueue({ prompt: "x" })).existing).toBe(true);
  await client.get("../accounts?x=1");
  await client.pause("a/b", "why");
  expect(seen.slice(1).map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/v1/generations", '{"prompt":"x"}'],
    ["GET", "/v1/generations/..%2Faccounts%3Fx%3D1", ""],
    ["POST", "/v1/accounts/a%2Fb/pause", '{"reason":"why"}'],
  ]);
  expect(seen[0]?.headers.authorization).toBe("Bearer a-key");
});

describe("errors", () => {
  test("a refusal keeps code, problems, request id and when to come again", async () => {
    const problem = {
      field: "seconds",
      given: "99",
      allowed: "4 to 15",
      rule: "J-V3",
      label: "DOCUMENTED",
      source: "page",
      severity: "error",
    };
    const { client } = await against((_, response) =>
      json(response, errorBody("invalid_request", { problems: [problem] }), 400, { "retry-after": "3" }),
    );
    const error = await failure(client.enqueue({ prompt: "x" }));
    expect(error).toMatchObject({
      code: "invalid_request",
      status: 400,
      problems: [problem],
      requestId: "r1",
      retryAfterMs: 3_000,
      passing: false,
    });
  });

  test.each([
    ["a page of HTML", "<html>"],
    ["JSON of somebody else", '{"detail":"no"}'],
  ])("%s is no answer of this API", async (_, body) => {
    const { client, url } = await against((_seen, response) => response.writeHead(404).end(body));
    expect(await failure(client.get("x"))).toMatchObject({
      code: "not_reelqueue",
      message: expect.stringContaining(url),
    });
  });

  test("nobody there is `unreachable`, and may pass", async () => {
    const client = createClient({ url: "http://127.0.0.1:9" });
    expect(await failure(client.accounts())).toMatchObject({
      code: "unreachable",
      passing: true,
      message: expect.stringContaining("http://127.0.0.1:9"),
    });
  });

  test("the caller's own signal stays what it is", async () => {
    const { client } = await against(() => {});
    await expect(client.get("x", { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: "TimeoutError" });
  });
});

describe("many", () => {
  const accepted = (line: number): RowAnswer => ({
    line,
    status: "accepted",
    id: `g${line}`,
    account: "a",
    quote: { usd: 1, basis: "" },
    warnings: [],
  });
  const answerAll = ({ body }: Seen, response: ServerResponse) => {
    const rows = body
      .trim()
      .split("\n")
      .map((_, i) => accepted(i + 1));
    response.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  };

  test("rows go out in chunks and come back numbered through, from any iterable", async () => {
    const { client, seen } = await against(answerAll);
    async function* rows() {
      for (let i = 0; i < 2_500; i += 1) yield { prompt: `${i}` };
    }
    const lines: number[] = [];
    for await (const row of client.enqueueMany(rows())) lines.push(row.line);
    expect(lines).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 1));
    expect(seen.map(({ path, body }) => [path, body.trim().split("\n").length])).toEqual([
      ["/v1/generations/batch", 1_000],
      ["/v1/generations/batch", 1_000],
      ["/v1/generations/batch", 500],
    ]);
    expect(seen[0]?.headers["content-type"]).toBe("application/x-ndjson");
  });

  test("what was taken before a fault is told, then the fault", async () => {
    const broken: RowAnswer = {
      line: 2,
      status: "refused",
      error: { code: "unavailable", message: "Redis went away" },
    };
    const { client } = await against((_, response) =>
      response.end(`${JSON.stringify(accepted(1))}\n${JSON.stringify(broken)}\n`),
    );
    const told: string[] = [];
    const sending = (async () => {
      for await (const row of client.enqueueMany([{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }]))
        told.push(row.status);
    })();
    expect(await failure(sending)).toMatchObject({ code: "unavailable", passing: true });
    expect(told).toEqual(["accepted"]);
  });

  test("an atomic call is one request, and never more than may be", async () => {
    const { client, seen } = await against(answerAll);
    const rows = (count: number) => Array.from({ length: count }, () => ({ prompt: "x" }));
    for await (const _ of client.enqueueMany(rows(1_500), { atomic: true, dryRun: true }));
    expect(seen.map(({ path }) => path)).toEqual(["/v1/generations/batch?atomic=true&dryRun=true"]);
    expect(await failure(client.enqueueMany(rows(5_001), { atomic: true }).next())).toMatchObject({
      code: "too_large",
    });
  });
});

test("watch tells every change once, waits out an outage, and ends where the generation rests", async () => {
  const states = ["queued", "queued", "away", "running", "running", "succeeded", "never asked"];
  const { client } = await against((_, response) => {
    const state = states.shift();
    if (state === "away") json(response, errorBody("unavailable"), 503);
    else json(response, { id: "g", state });
  });
  const seen: Generation["state"][] = [];
  for await (const { state } of client.watch("g", { everyMs: 1 })) seen.push(state);
  expect(seen).toEqual(["queued", "running", "succeeded"]);
  expect(states).toEqual(["never asked"]);
});

test("watch gives up on what is refused, and on an outage that lasts", async () => {
  const { client } = await against((_, response) => json(response, errorBody("not_found"), 404));
  expect(await failure(client.watch("g").next())).toMatchObject({ code: "not_found" });
  const away = createClient({ url: "http://127.0.0.1:9" });
  expect(await failure(away.watch("g", { everyMs: 1, patienceMs: 20 }).next())).toMatchObject({ code: "unreachable" });
});

test("files go up as they are, and come down whole or in parts", async () => {
  const { client, seen } = await against(({ method }, response) =>
    method === "POST" ? json(response, { url: "media://x" }, 201) : response.end("bytes"),
  );
  expect((await client.uploadMedia(new Blob(["abc"]), "image/png")).url).toBe("media://x");
  expect(await (await client.download("g", 1, { range: { start: 2, end: 4 } })).text()).toBe("bytes");
  expect(seen.map(({ path, body, headers }) => [path, body, headers["content-type"], headers.range])).toEqual([
    ["/v1/media", "abc", "image/png", undefined],
    ["/v1/generations/g/outputs/1", "", undefined, "bytes=2-4"],
  ]);
});

test("a list leads through all pages", async () => {
  const { client, seen } = await against(({ path }, response) =>
    json(
      response,
      path.includes("cursor") ? { generations: [{ id: "b" }] } : { generations: [{ id: "a" }], cursor: "next" },
    ),
  );
  const ids: string[] = [];
  for await (const { id } of client.listAll({ state: "running" })) ids.push(id);
  expect(ids).toEqual(["a", "b"]);
  expect(seen.map(({ path }) => path)).toEqual([
    "/v1/generations?limit=100&state=running",
    "/v1/generations?limit=100&state=running&cursor=next",
  ]);
});

test("a quote is asked for a request at a time; its rows are counted on and summed up once", async () => {
  const sent: number[] = [];
  const { client, seen } = await against(({ body }, response) => {
    const lines = body.trim().split("\n");
    sent.push(lines.length);
    const offer = (usd: number | null) => ({
      account: "a",
      provider: "p",
      quote: { usd, basis: "" },
      problems: [],
      warnings: [],
    });
    const rows = lines.map((_, i) => ({
      line: i + 1,
      status: "quoted",
      chosen: "a",
      offers: [offer(i === 0 ? null : 0.1)],
    }));
    const totals = { accounts: [], chosen: { rows: 99, refused: 99, usd: 99, unknown: 99 } };
    response.writeHead(200).end([...rows, totals].map((row) => JSON.stringify(row)).join("\n"));
  });
  const answer = await client.quote(
    Array.from({ length: 1_500 }, () => ({ prompt: "x" })),
    { account: "a" },
  );
  expect(sent).toEqual([1_000, 500]);
  expect(seen[0]?.path).toBe("/v1/quotes?account=a");
  expect([answer.rows.length, answer.rows.at(-1)?.line]).toEqual([1_500, 1_500]);
  expect(answer.chosen).toEqual({ rows: 1_500, refused: 0, usd: 149.8, unknown: 2 });
  expect(answer.accounts).toEqual([{ account: "a", provider: "p", ...answer.chosen }]);
});
