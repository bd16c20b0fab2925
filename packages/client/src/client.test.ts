import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Generation, RowAnswer } from "@reelqueue/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { ApiError, type Client, createClient } from "./index.ts";

interface SentRequest {
  method: string;
  path: string;
  body: string;
  headers: IncomingMessage["headers"];
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

/** A client of a server that answers by `answer`, and the requests that the server received. */
async function openClient(
  answer: (request: SentRequest, response: ServerResponse) => void,
): Promise<{ client: Client; sent: SentRequest[]; url: string }> {
  const sent: SentRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const received = { method, path, headers, body: await text(request) };
    sent.push(received);
    answer(received, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return { client: createClient({ url: `${url}/`, key: "a-key" }), sent, url };
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

test("the key is sent, ids are escaped in the path, and 200 instead of 202 means existing", async () => {
  const statuses = [202, 200];
  const { client, sent } = await openClient((_, response) =>
    json(response, { generation: { id: "g" } }, statuses.shift()),
  );
  expect((await client.enqueue({ prompt: "x" })).existing).toBe(false);
  expect((await client.enqueue({ prompt: "x" })).existing).toBe(true);
  await client.get("../accounts?x=1");
  await client.pause("a/b", "why");
  expect(sent.slice(1).map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/v1/generations", '{"prompt":"x"}'],
    ["GET", "/v1/generations/..%2Faccounts%3Fx%3D1", ""],
    ["POST", "/v1/accounts/a%2Fb/pause", '{"reason":"why"}'],
  ]);
  expect(sent[0]?.headers.authorization).toBe("Bearer a-key");
});

describe("errors", () => {
  test("a refusal has code, problems, request id and retry time", async () => {
    const problem = {
      field: "seconds",
      given: "99",
      allowed: "4 to 15",
      rule: "J-V3",
      label: "DOCUMENTED",
      source: "page",
      severity: "error",
    };
    const { client } = await openClient((_, response) =>
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
    ["JSON of another service", '{"detail":"no"}'],
  ])("%s: `not_reelqueue`", async (_, body) => {
    const { client, url } = await openClient((_seen, response) => response.writeHead(404).end(body));
    expect(await failure(client.get("x"))).toMatchObject({
      code: "not_reelqueue",
      message: expect.stringContaining(url),
    });
  });

  test("a closed port: `unreachable`, which is passing", async () => {
    const client = createClient({ url: "http://127.0.0.1:9" });
    expect(await failure(client.accounts())).toMatchObject({
      code: "unreachable",
      passing: true,
      message: expect.stringContaining("http://127.0.0.1:9"),
    });
  });

  test("an aborted call rejects with the reason of its signal", async () => {
    const { client } = await openClient(() => {});
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
  const answerAll = ({ body }: SentRequest, response: ServerResponse) => {
    const rows = body
      .trim()
      .split("\n")
      .map((_, i) => accepted(i + 1));
    response.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  };

  test("rows are sent in chunks, from any iterable; the answers are numbered throughout", async () => {
    const { client, sent } = await openClient(answerAll);
    async function* rows() {
      for (let i = 0; i < 2_500; i += 1) yield { prompt: `${i}` };
    }
    const lines: number[] = [];
    for await (const row of client.enqueueMany(rows())) lines.push(row.line);
    expect(lines).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 1));
    expect(sent.map(({ path, body }) => [path, body.trim().split("\n").length])).toEqual([
      ["/v1/generations/batch", 1_000],
      ["/v1/generations/batch", 1_000],
      ["/v1/generations/batch", 500],
    ]);
    expect(sent[0]?.headers["content-type"]).toBe("application/x-ndjson");
  });

  test("a fault midway: the accepted rows are yielded, then the error is thrown", async () => {
    const broken: RowAnswer = {
      line: 2,
      status: "refused",
      error: { code: "unavailable", message: "Redis is unavailable" },
    };
    const { client } = await openClient((_, response) =>
      response.end(`${JSON.stringify(accepted(1))}\n${JSON.stringify(broken)}\n`),
    );
    const statuses: string[] = [];
    const sending = (async () => {
      for await (const row of client.enqueueMany([{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }]))
        statuses.push(row.status);
    })();
    expect(await failure(sending)).toMatchObject({ code: "unavailable", passing: true });
    expect(statuses).toEqual(["accepted"]);
  });

  test("an atomic call is one request, within the row limit", async () => {
    const { client, sent } = await openClient(answerAll);
    const rows = (count: number) => Array.from({ length: count }, () => ({ prompt: "x" }));
    for await (const _ of client.enqueueMany(rows(1_500), { atomic: true, dryRun: true }));
    expect(sent.map(({ path }) => path)).toEqual(["/v1/generations/batch?atomic=true&dryRun=true"]);
    expect(await failure(client.enqueueMany(rows(5_001), { atomic: true }).next())).toMatchObject({
      code: "too_large",
    });
  });
});

test("watch yields every change once, survives an outage, and ends with the generation", async () => {
  const states = ["queued", "queued", "unavailable", "running", "running", "succeeded", "not requested"];
  const { client } = await openClient((_, response) => {
    const state = states.shift();
    if (state === "unavailable") json(response, errorBody("unavailable"), 503);
    else json(response, { id: "g", state });
  });
  const seen: Generation["state"][] = [];
  for await (const { state } of client.watch("g", { everyMs: 1 })) seen.push(state);
  expect(seen).toEqual(["queued", "running", "succeeded"]);
  expect(states).toEqual(["not requested"]);
});

test("watch ends at needs_review, which an operator has to settle, unless it is asked to go on", async () => {
  const answersOf = (states: string[]) =>
    openClient((_, response) => json(response, { id: "g", state: states.shift() }));
  const seenBy = async (throughReview?: boolean) => {
    const { client } = await answersOf(["running", "needs_review", "running", "succeeded"]);
    const seen: string[] = [];
    for await (const { state } of client.watch("g", { everyMs: 1, ...(throughReview && { throughReview }) }))
      seen.push(state);
    return seen;
  };
  expect(await seenBy()).toEqual(["running", "needs_review"]);
  expect(await seenBy(true)).toEqual(["running", "needs_review", "running", "succeeded"]);
});

test("watch throws a refusal, and an outage longer than `maxOutageMs`", async () => {
  const { client } = await openClient((_, response) => json(response, errorBody("not_found"), 404));
  expect(await failure(client.watch("g").next())).toMatchObject({ code: "not_found" });
  const closed = createClient({ url: "http://127.0.0.1:9" });
  expect(await failure(closed.watch("g", { everyMs: 1, maxOutageMs: 20 }).next())).toMatchObject({
    code: "unreachable",
  });
});

test("files are uploaded unchanged, and downloaded whole or by range", async () => {
  const { client, sent } = await openClient(({ method }, response) =>
    method === "POST" ? json(response, { url: "media://x" }, 201) : response.end("bytes"),
  );
  expect((await client.uploadMedia(new Blob(["abc"]), "image/png")).url).toBe("media://x");
  expect(await (await client.download("g", 1, { range: { start: 2, end: 4 } })).text()).toBe("bytes");
  expect(sent.map(({ path, body, headers }) => [path, body, headers["content-type"], headers.range])).toEqual([
    ["/v1/media", "abc", "image/png", undefined],
    ["/v1/generations/g/outputs/1", "", undefined, "bytes=2-4"],
  ]);
});

test("listAll reads all pages", async () => {
  const { client, sent } = await openClient(({ path }, response) =>
    json(
      response,
      path.includes("cursor") ? { generations: [{ id: "b" }] } : { generations: [{ id: "a" }], cursor: "next" },
    ),
  );
  const ids: string[] = [];
  for await (const { id } of client.listAll({ state: "running" })) ids.push(id);
  expect(ids).toEqual(["a", "b"]);
  expect(sent.map(({ path }) => path)).toEqual([
    "/v1/generations?limit=100&state=running",
    "/v1/generations?limit=100&state=running&cursor=next",
  ]);
});

test("quote sends one request per chunk; rows are numbered throughout and summed once", async () => {
  const counts: number[] = [];
  const { client, sent } = await openClient(({ body }, response) => {
    const lines = body.trim().split("\n");
    counts.push(lines.length);
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
  expect(counts).toEqual([1_000, 500]);
  expect(sent[0]?.path).toBe("/v1/quotes?account=a");
  expect([answer.rows.length, answer.rows.at(-1)?.line]).toEqual([1_500, 1_500]);
  expect(answer.chosen).toEqual({ rows: 1_500, refused: 0, usd: 149.8, unknown: 2 });
  expect(answer.accounts).toEqual([{ account: "a", provider: "p", ...answer.chosen }]);
});
