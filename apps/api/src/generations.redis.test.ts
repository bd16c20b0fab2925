import type { Enqueued, GenerationPage } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { accept } from "@reelqueue/pipeline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorIn, jsonOf, startApi, type TestApi } from "./testing/api.ts";
import { queued, row } from "./testing/generations.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  expect(await ledger.audit(api.installation.cell)).toEqual([]);
  await api[Symbol.asyncDispose]();
});

describe("enqueue one", () => {
  test("a new request is 202 with generation, price and location; the same idempotency key again is 200 with the same generation", async () => {
    const asked = { ...row, account: "jiekou", metadata: { order: 7 } };
    const body = { ...asked, idempotencyKey: "order-1" };
    const first = await api.call("/v1/generations", { body });
    expect(first.status).toBe(202);
    const { generation, quote, warnings } = await jsonOf<Enqueued>(first);
    expect(generation).toMatchObject({
      state: "queued",
      account: "jiekou",
      tenant: "default",
      request: { metadata: { order: 7 } },
    });
    expect([quote.usd, warnings]).toEqual([0.28, []]);
    expect(first.headers.get("location")).toBe(`/v1/generations/${generation.id}`);
    expect(await (await api.call(`/v1/generations/${generation.id}`)).json()).toMatchObject({
      id: generation.id,
      request: asked,
    });
    const again = await api.call("/v1/generations", { body });
    expect([again.status, (await jsonOf<Enqueued>(again)).generation.id]).toEqual([200, generation.id]);
  });

  test("fifty concurrent requests with one idempotency key make one generation", async () => {
    const body = { ...row, idempotencyKey: "at-once" };
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.call("/v1/generations", { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 202]);
    expect(
      new Set(await Promise.all(answers.map(async (each) => (await jsonOf<Enqueued>(each)).generation.id))).size,
    ).toBe(1);
  });

  test("an idempotency key used with another body is 422 and names the first generation", async () => {
    const first = await jsonOf<Enqueued>(api.call("/v1/generations", { body: { ...row, idempotencyKey: "k2" } }));
    const other = await api.call("/v1/generations", { body: { ...row, seconds: 9, idempotencyKey: "k2" } });
    const error = await errorIn(other, 422);
    expect([error.code, error.message.includes(first.generation.id)]).toEqual(["idempotency_mismatch", true]);
  });

  test("the header Idempotency-Key is the field; two different keys are refused", async () => {
    const headers = { "idempotency-key": "by-header" };
    const first = await jsonOf<Enqueued>(api.call("/v1/generations", { body: row, headers }));
    const again = await api.call("/v1/generations", { body: { ...row, idempotencyKey: "by-header" } });
    expect((await jsonOf<Enqueued>(again)).generation.id).toBe(first.generation.id);
    await errorIn(await api.call("/v1/generations", { body: { ...row, idempotencyKey: "b" }, headers }), 400);
  });

  test("a header Idempotency-Key that is not ASCII is refused: a key in UTF-8 would be another one than in the field", async () => {
    const headers = { "idempotency-key": Buffer.from("春季-1").toString("latin1") };
    const error = await errorIn(await api.call("/v1/generations", { body: row, headers }), 400);
    expect(error.message).toMatch(/ASCII.*field idempotencyKey/);
    const byField = { ...row, idempotencyKey: "春季-1" };
    const first = await jsonOf<Enqueued>(api.call("/v1/generations", { body: byField }));
    const again = await api.call("/v1/generations", { body: byField });
    expect([again.status, (await jsonOf<Enqueued>(again)).generation.id]).toEqual([200, first.generation.id]);
  });

  test.each([
    ["an unknown field", { ...row, promt: "x" }, "promt"],
    ["a field of the record", { ...row, state: "succeeded" }, "state"],
    ["a wrong type", { ...row, seconds: "5" }, "seconds"],
    ["a rule of the provider", { ...row, account: "jiekou", seconds: 30 }, "seconds"],
    ["too long a prompt", { ...row, prompt: "x".repeat(20_001) }, "prompt"],
    ["an unknown account", { ...row, account: "nobody" }, "account"],
    ["a webhook that cannot be delivered", { ...row, webhook: "https://10.0.0.1/hook" }, "webhook"],
    ["another tenant", { ...row, tenant: "acme" }, "tenant"],
    ["a path on this server", { ...row, images: [{ url: "/etc/passwd" }] }, "images[0].url"],
    ["media that was never stored", { ...row, images: [{ url: `media://${"0".repeat(64)}.png` }] }, "images[0].url"],
    ["large metadata", { ...row, metadata: { a: "x".repeat(5_000) } }, "metadata"],
    ["a __proto__ in metadata", JSON.parse('{"prompt":"a cat","metadata":{"a":{"b":1}}}'), "metadata.a"],
  ])("%s: refused with the field, the given and the allowed value", async (_, body, field) => {
    const { code, problems = [] } = await errorIn(await api.call("/v1/generations", { body }), 400);
    expect([code, problems.map((problem) => problem.field)]).toEqual([
      "invalid_request",
      expect.arrayContaining([field]),
    ]);
    expect(problems.every(({ given, allowed }) => given !== "" && allowed !== "")).toBe(true);
  });
});

describe("values that would be stored as others", () => {
  const field = (json: string) => `{"prompt":"a cat","seconds":4,${json}}`;
  test.each([
    ["an integer beyond 2^53", field('"metadata":{"order":1844674407370955161}'), "metadata.order"],
    ["the first unsafe integer", field('"metadata":{"order":9007199254740993}'), "metadata.order"],
    ["an endless number", field('"metadata":{"order":-1e400}'), "metadata.order"],
    ["half a surrogate pair", field('"metadata":{"name":"\\ud800"}'), "metadata.name"],
    ["half a surrogate pair in a prompt", '{"prompt":"a \\udc00 cat"}', "prompt"],
    ["NUL", field('"idempotencyKey":"a\\u0000b"'), "idempotencyKey"],
    ["NUL in a name", field('"metadata":{"a\\u0000":1}'), "metadata"],
    ["NUL in a list", field('"images":[{"url":"https://a.example/\\u0000"}]'), "images[0].url"],
  ])("%s: refused by its path, and nothing is written", async (_, body, path) => {
    const headers = { "content-type": "application/json" };
    const { problems = [] } = await errorIn(await api.call("/v1/generations", { body, method: "POST", headers }), 400);
    expect(problems.map((problem) => problem.field)).toEqual([path]);
    const lines = await api.call("/v1/generations/batch", {
      body: `${body}\n`,
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(await lines.text()).toMatch(/^\{"line":1,"status":"refused".*\}\n$/);
  });

  test.each([
    ["latin1", Buffer.from('{"prompt":"caf\xe9"}', "latin1")],
    ["UTF-16", Buffer.from('\u{feff}{"prompt":"a cat"}', "utf16le")],
    ["UTF-16 without a byte order mark", Buffer.from('{"prompt":"a cat"}', "utf16le")],
    ["half a surrogate pair in UTF-8", Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ])("%s: 400 at every address that takes JSON", async (_, body) => {
    const headers = { "content-type": "application/json" };
    for (const path of ["/generations", "/generations/batch", "/quotes", "/accounts/hiapi/pause"])
      expect((await errorIn(await api.call(`/v1${path}`, { body, method: "POST", headers }), 400)).code).toBe(
        "invalid_json",
      );
  });

  test("a whole pair, the largest safe integers and a byte order mark are taken", async () => {
    const body = `\u{feff}${field('"metadata":{"a":9007199254740991,"b":-0.5,"c":"\\ud83d\\ude00"}')}`;
    const headers = { "content-type": "application/json" };
    const answer = await api.call("/v1/generations", { body, method: "POST", headers });
    expect((await jsonOf<Enqueued>(answer)).generation.request.metadata).toEqual({
      a: 9007199254740991,
      b: -0.5,
      c: "😀",
    });
  });
});

describe("invalid bodies", () => {
  test.each([
    ["broken JSON", 400, "invalid_json", '{"prompt":'],
    ["no body", 400, "invalid_json", ""],
    ["a prototype", 400, "invalid_json", '{"__proto__":{"admin":true},"prompt":"x"}'],
    ["an array", 400, "invalid_request", "[]"],
    ["a deep one", 400, "invalid_request", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`],
    ["a deep known field", 400, "invalid_request", `{"prompt":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
    ["a huge one", 413, "too_large", JSON.stringify({ prompt: "x".repeat(13 * 1_048_576) })],
  ] as const)("%s: %i %s", async (_, status, code, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await api.call("/v1/generations", { body, method: "POST", headers });
    expect((await errorIn(answer, status)).code).toBe(code);
    expect(Object.prototype).not.toHaveProperty("admin");
  });

  test("another content type: 415", async () => {
    const answer = await api.call("/v1/generations", { body: "<a/>", headers: { "content-type": "text/xml" } });
    expect((await errorIn(answer, 415)).code).toBe("unsupported_media_type");
  });
});

describe("list", () => {
  test("pages hold every match once, by state, batch and account", async () => {
    const batch = "walk";
    const ids: string[] = [];
    for (let i = 0; i < 7; i += 1) ids.push(await queued(api, { batch, account: i % 2 ? "jiekou" : "hiapi" }));
    const walk = async (query: string): Promise<string[]> => {
      const found: string[] = [];
      let cursor: string | undefined = "";
      for (let pages = 0; cursor !== undefined && pages < 20; pages += 1) {
        const page: GenerationPage = await jsonOf<GenerationPage>(
          api.call(`/v1/generations?${query}${cursor && `&cursor=${cursor}`}`, { key: "acme" }),
        );
        found.push(...page.generations.map(({ id }) => id));
        cursor = page.cursor;
      }
      return found;
    };
    expect(await walk(`batch=${batch}&limit=2`)).toEqual(ids);
    expect(await walk("state=queued&limit=3")).toEqual(expect.arrayContaining(ids));
    expect(await walk(`batch=${batch}&account=jiekou&limit=2`)).toEqual(ids.filter((_id, i) => i % 2));
    expect(await walk(`batch=${batch}&state=running`)).toEqual([]);
  });

  test("three of an account behind 300 of another are on the first page, newest first", async () => {
    const mine: string[] = [];
    for (let i = 0; i < 3; i += 1) mine.push(await queued(api, { account: "jiekou", tenant: "rival" }));
    const others = Array.from({ length: 300 }, () => ({ ...row, account: "hiapi" }));
    await accept(others, { tenant: "rival" }, api.installation);
    for (const query of ["account=jiekou", "account=jiekou&state=queued"]) {
      const page = await jsonOf<GenerationPage>(api.call(`/v1/generations?${query}`, { key: "rival" }));
      const times = page.generations.map(({ updatedAt }) => updatedAt);
      expect([page.generations.map(({ id }) => id).sort(), page.cursor]).toEqual([mine.toSorted(), undefined]);
      expect(times).toEqual(times.toSorted().reverse());
    }
  });

  test("the cursor of a batch is none of another list", async () => {
    const query = "limit=2&cursor=b2";
    expect((await errorIn(await api.call(`/v1/generations?${query}`), 400)).problems).toMatchObject([
      { field: "cursor" },
    ]);
    expect((await api.call(`/v1/generations?batch=walk&${query}`)).status).toBe(200);
  });

  test.each(["limit=101", "limit=0", "state=done", "cursor=zzz", "limit=2&limit=3", "order=asc"])(
    "%s: 400",
    async (query) => {
      expect((await errorIn(await api.call(`/v1/generations?${query}`), 400)).problems).toHaveLength(1);
    },
  );
});

test.each(["..%2Fx", "*", "{x}", "a:b", "%00", "x".repeat(300), "🐌", "constructor", "__proto__"])(
  "the id %s: 404",
  async (id) => {
    await errorIn(await api.call(`/v1/generations/${id}`), 404);
  },
);
