import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { BatchAnswer, BatchView, GenerationPage, RowAnswer } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { eventually } from "@reelqueue/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, jsonOf, keys, startApi, type TestApi } from "./testing/api.ts";
import { row } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  expect(await ledger.audit(api.installation.cell)).toEqual([]);
  await api[Symbol.asyncDispose]();
});

const lines = { "content-type": "application/x-ndjson" };

async function sendLines(body: unknown, query = ""): Promise<RowAnswer[]> {
  const answer = await api.call(`/v1/generations/batch${query}`, { body, headers: lines });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  return (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RowAnswer);
}

test("JSON Lines: valid rows are accepted, others refused by line; byte order mark, blank lines and carriage returns are skipped", async () => {
  const good = JSON.stringify({ ...row, idempotencyKey: "line-1" });
  const broken = Buffer.from([0x22, 0xff, 0x22]);
  const text = `\u{feff}${good}\r\n\r\n{"prompt":\n${good}\n{"prompt":"x","promt":1}\n{"__proto__":{"x":1},"prompt":"y"}\n`;
  const rows = await sendLines(
    Buffer.concat([
      Buffer.from(text),
      broken,
      Buffer.from(`\n${JSON.stringify({ ...row, seconds: 9, idempotencyKey: "line-1" })}`),
    ]),
  );
  const outcomes = rows.map((each) => [each.line, each.status === "refused" ? each.error.code : each.status]);
  expect(outcomes).toEqual([
    [1, "accepted"],
    [3, "invalid_json"],
    [4, "existing"],
    [5, "invalid_request"],
    [6, "invalid_request"],
    [7, "invalid_json"],
    [8, "idempotency_mismatch"],
  ]);
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
] as const)("a body with Content-Encoding %s is read, as lines and as JSON", async (encoding, compress) => {
  const coded = { "content-encoding": encoding };
  const ask = async (body: unknown, type: string) => {
    const headers = { "content-type": type, ...coded };
    return api.call("/v1/generations/batch?dryRun=true", { body: compress(`${body}`), headers });
  };
  expect(await (await ask(`${JSON.stringify(row)}\n${JSON.stringify(row)}\n`, lines["content-type"])).text()).toMatch(
    /^(.*"valid".*\n){2}$/,
  );
  const { rows } = await jsonOf<BatchAnswer>(ask(JSON.stringify([row]), "application/json"));
  expect(rows.map(({ status }) => status)).toEqual(["valid"]);
});

test.each([
  ["an unknown encoding", Buffer.from("[]"), "zstd", 415],
  ["a cut gzip body", gzipSync(JSON.stringify([row])).subarray(0, -9), "gzip", 400],
  ["one that grows beyond the limit", gzipSync(Buffer.alloc(13 * 1_048_576, " ")), "gzip", 413],
] as const)("%s is refused", async (_, body, encoding, status) => {
  const headers = { "content-type": "application/json", "content-encoding": encoding };
  await errorIn(await api.call("/v1/generations", { body, headers }), status);
});

test("thousands of rows of one batch keep their order, and one request counts their states", async () => {
  const inputs = Array.from({ length: 3_000 }, (_, i) =>
    JSON.stringify({ prompt: `row ${i}`, batch: "large", metadata: { i } }),
  );
  const rows = await sendLines(inputs.join("\n"));
  expect(rows.map(({ line }) => line)).toEqual(inputs.map((_, i) => i + 1));
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["accepted"]));
  const view = await jsonOf<BatchView>(api.call("/v1/batches/large"));
  expect(view).toEqual({ name: "large", tenant: "default", total: 3_000, live: 3_000, counts: { queued: 3_000 } });
  const page = await jsonOf<GenerationPage>(api.call("/v1/generations?batch=large&limit=100"));
  expect(page.generations.map(({ request }) => request.metadata?.i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test.each([
  ["Chinese", "春季"],
  ["128 letters", "春".repeat(128)],
  ["signs of an address", "a/b:c@d+e ~1"],
])("a batch with a name of %s is read and listed under it", async (_, batch) => {
  const inputs = [1, 2].map((i) => JSON.stringify({ ...row, batch, tags: ["秋"], prompt: `row ${i}` }));
  expect((await sendLines(inputs.join("\n"))).map(({ status }) => status)).toEqual(["accepted", "accepted"]);
  const name = encodeURIComponent(batch.normalize("NFD"));
  expect(await jsonOf<BatchView>(api.call(`/v1/batches/${name}`))).toMatchObject({ name: batch, total: 2 });
  const { generations } = await jsonOf<GenerationPage>(api.call(`/v1/generations?batch=${name}`));
  expect(generations.map(({ request }) => [request.batch, request.tags])).toEqual(Array(2).fill([batch, ["秋"]]));
});

test("a JSON array is answered row by row", async () => {
  const { rows } = await jsonOf<BatchAnswer>(
    api.call("/v1/generations/batch", { body: [row, { ...row, seconds: 99 }, 7, row] }),
  );
  expect(rows.map(({ line, status }) => [line, status])).toEqual([
    [1, "accepted"],
    [2, "refused"],
    [3, "refused"],
    [4, "accepted"],
  ]);
});

test("answers are sent as rows arrive, before the last row", async () => {
  let send: (line: string) => void = () => {};
  let end: () => void = () => {};
  const body = new ReadableStream({
    start: (controller) => {
      send = (line) => controller.enqueue(Buffer.from(line));
      end = () => controller.close();
    },
  });
  const answer = api.call("/v1/generations/batch", { body, headers: lines });
  for (let i = 0; i < 500; i += 1) send(`${JSON.stringify(row)}\n`);
  const reader = (await answer).body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toContain('"line":1');
  send(JSON.stringify({ ...row, batch: "late" }));
  end();
  for (let chunk = await reader?.read(); !chunk?.done; ) chunk = await reader?.read();
  expect((await jsonOf<BatchView>(api.call("/v1/batches/late"))).total).toBe(1);
});

test("a caller that disconnects midway: the rows that arrived are accepted, and the API continues", async () => {
  const gone = new AbortController();
  const body = new ReadableStream({
    start: (controller) => {
      for (let i = 0; i < 3_000; i += 1)
        controller.enqueue(Buffer.from(`${JSON.stringify({ ...row, batch: "gone" })}\n`));
    },
  });
  const sending = fetch(`${api.url}/v1/generations/batch`, {
    method: "POST",
    headers: { ...lines, authorization: `Bearer ${keys.operator}` },
    body,
    duplex: "half",
    signal: gone.signal,
  } as RequestInit);
  await (await sending).body?.getReader().read();
  gone.abort();
  const taken = await eventually(async () => (await jsonOf<BatchView>(api.call("/v1/batches/gone"))).total, {
    describe: "the rows are accepted",
  });
  expect(taken).toBeGreaterThanOrEqual(500);
  expect((await sendLines(JSON.stringify(row)))[0]?.status).toBe("accepted");
});

test("dry run: prices and problems, nothing written, media need not be stored yet", async () => {
  const dry = { ...row, account: "jiekou", batch: "dry" };
  const later = { ...dry, images: [{ url: `media://${"a".repeat(64)}.jpg`, role: "first_frame" }] };
  const inputs = [dry, later, { ...dry, seconds: 99 }].map((each) => JSON.stringify(each));
  const rows = await sendLines(inputs.join("\n"), "?dryRun=true");
  expect(rows.map((each) => (each.status === "valid" ? each.quote.usd : each.status))).toEqual([0.28, 0.28, "refused"]);
  await errorIn(await api.call("/v1/batches/dry"), 404);
});

describe("atomic", () => {
  const send = (body: unknown) => api.call("/v1/generations/batch?atomic=true", { body });

  test("all rows are accepted", async () => {
    const { rows } = await jsonOf<BatchAnswer>(
      send(Array.from({ length: 5_000 }, () => ({ ...row, batch: "atomic" }))),
    );
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["accepted"]));
    expect((await jsonOf<BatchView>(api.call("/v1/batches/atomic"))).total).toBe(5_000);
  });

  test("one refused row: nothing is written, and the problems name the lines", async () => {
    const error = await errorIn(
      await send([{ ...row, batch: "none" }, { ...row, batch: "none", seconds: 99 }, 7]),
      400,
    );
    expect(error.problems?.map(({ field }) => field)).toEqual(["line 2: seconds", "line 3"]);
    await errorIn(await api.call("/v1/batches/none"), 404);
  });

  test("one idempotency key used with another body: nothing is written", async () => {
    await api.call("/v1/generations", { body: { ...row, idempotencyKey: "taken" } });
    const error = await errorIn(
      await send([
        { ...row, batch: "none" },
        { ...row, seconds: 9, idempotencyKey: "taken" },
      ]),
      422,
    );
    expect(error.problems?.[0]?.field).toBe("line 2");
    await errorIn(await api.call("/v1/batches/none"), 404);
  });

  test("more rows than the limit: 413", async () => {
    expect((await errorIn(await send(Array.from({ length: 5_001 }, () => row)), 413)).code).toBe("too_large");
  });
});

test("a body that is not a batch is refused", async () => {
  await errorIn(await api.call("/v1/generations/batch", { body: { rows: [] } }), 400);
  await errorIn(await api.call("/v1/generations/batch?atomic=yes", { body: [] }), 400);
  await errorIn(
    await api.call("/v1/generations/batch", { body: "[1", headers: { "content-type": "application/json" } }),
    400,
  );
  await errorIn(await api.call("/v1/generations/batch", { body: "x", headers: { "content-type": "text/plain" } }), 415);
});

test("a line over the size limit is refused without being buffered; the others are accepted", async () => {
  const rows = await sendLines(`${JSON.stringify({ prompt: "x".repeat(13 * 1_048_576) })}\n${JSON.stringify(row)}`);
  expect(rows.map((each) => [each.line, each.status === "refused" ? each.error.code : each.status])).toEqual([
    [1, "too_large"],
    [2, "accepted"],
  ]);
});
