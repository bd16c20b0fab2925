import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ledger from "@reelqueue/ledger";
import { pngFile } from "@reelqueue/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Installation } from "../open.ts";
import { find } from "../operate/find.ts";
import { testInstallation } from "../test-installation.ts";
import { type AcceptOptions, accept } from "./accept.ts";

let scope: AsyncDisposableStack;
let here: Installation;
beforeEach(async () => {
  scope = new AsyncDisposableStack();
  here = await testInstallation(scope, {
    hiapi: { limits: { inFlight: 2 }, pricesPerSecond: { "seedance-2.0/720p": 0.2 } },
  });
});
afterEach(async () => {
  expect(await ledger.audit(here.cell)).toEqual([]);
  await scope.disposeAsync();
});

const one = async (input: unknown, options: Partial<AcceptOptions> = {}) =>
  (await accept([input], { tenant: "default", ...options }, here))[0];
const png = pngFile(640, 480).toString("base64");

test("a valid request is stored whole, priced, and granted a slot at once", async () => {
  const row = await one({ prompt: "a cup", seconds: 4, tags: ["x"], metadata: { order: 7 }, account: "hiapi" });
  expect(row).toMatchObject({ kind: "accepted", account: "hiapi", quote: { usd: 0.8 } });
  const generation = await find(row?.kind === "accepted" ? row.id : "", here);
  expect(generation).toMatchObject({
    state: "queued",
    waiting: "starting",
    request: { prompt: "a cup", seconds: 4, tags: ["x"], metadata: { order: 7 } },
  });
  expect(generation?.cost).toEqual({ estimateUsd: 0.8, settledUsd: null });
});

test("an unknown price is null, never 0", async () => {
  expect(await one({ prompt: "a cup", account: "jiekou" })).toMatchObject({ quote: { usd: null } });
});

test("a malformed row: field, given and allowed are named, and the other rows are accepted", async () => {
  const rows = await accept(
    [
      { prompt: "a cup" },
      { prompt: "x", ratoi: "1:1" },
      { prompt: "y", seconds: "5" },
      7,
      { account: "nobody", prompt: "z" },
    ],
    { tenant: "default" },
    here,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(["accepted", "refused", "refused", "refused", "refused"]);
  expect(rows[1]).toMatchObject({ problems: [{ field: "ratoi", given: "an unknown field" }] });
  expect(rows[2]).toMatchObject({ problems: [{ field: "seconds", given: '"5"' }] });
  expect(rows[4]).toMatchObject({ problems: [{ field: "account", given: "nobody", allowed: "hiapi, jiekou" }] });
});

test("a request against a provider's rules is refused before it is sent, with the rule", async () => {
  expect(await one({ prompt: "x".repeat(2), account: "hiapi" })).toMatchObject({
    kind: "refused",
    problems: [{ rule: "H-V1", label: "DOCUMENTED" }],
  });
  expect(await one({ prompt: "abc", resolution: "4k", account: "jiekou" })).toMatchObject({ kind: "refused" });
});

test("without an account: the first one that accepts the request", async () => {
  expect(await one({ prompt: "a watermarked cup", watermark: true })).toMatchObject({
    kind: "accepted",
    account: "jiekou",
  });
  expect(await one({ prompt: "a cup" })).toMatchObject({ kind: "accepted", account: "hiapi" });
});

test("inline media are stored by their hash in the media store, not in Redis; equal bytes are one file", async () => {
  const image = { url: `data:image/png;base64,${png}`, role: "first_frame" as const };
  const rows = await accept(
    [
      { prompt: "one", images: [image], account: "jiekou" },
      { prompt: "two", images: [image], account: "jiekou" },
    ],
    { tenant: "default" },
    here,
  );
  const found = await Promise.all(rows.map((row) => find("id" in row ? row.id : "", here)));
  const urls = found.map((generation) => generation?.request.images[0]?.url);
  expect(urls[0]).toMatch(/^media:\/\/[0-9a-f]{64}\.png$/);
  expect(urls[1]).toBe(urls[0]);
  expect(await here.media.dataUri(urls[0] ?? "")).toBe(image.url);
});

test("local files are read for a producer on this machine, never for the network", async () => {
  const path = join(here.config.outputs.directory, "frame.png");
  writeFileSync(path, Buffer.from(png, "base64"));
  const input = { prompt: "a cup", images: [{ url: path, role: "first_frame" }], account: "jiekou" };
  expect(await one(input)).toMatchObject({ kind: "refused", problems: [{ field: "images[0].url" }] });
  expect(await one(input, { localFiles: true })).toMatchObject({ kind: "accepted" });
  expect(
    await one({ ...input, images: [{ url: `${path}.gone`, role: "first_frame" }] }, { localFiles: true }),
  ).toMatchObject({ kind: "refused" });
  expect(await one({ ...input, images: [{ url: "file:///etc/passwd" }] }, { localFiles: true })).toMatchObject({
    kind: "refused",
  });
});

test("atomic with a bad row: nothing is stored; dry run: nothing is stored, all rows are priced", async () => {
  const mixed = await accept([{ prompt: "a cup" }, { prompt: 7 }], { tenant: "default", atomic: true }, here);
  expect(mixed.map(({ kind }) => kind)).toEqual(["valid", "refused"]);
  expect(await one({ prompt: "a cup", account: "hiapi" }, { dryRun: true })).toMatchObject({
    kind: "valid",
    quote: { usd: 1 },
  });
  expect((await ledger.counts(here.cell)).queued).toBe(0);
});

test("dry run: a key that was used names its generation, or the mismatch; the request hash is that of the generation", async () => {
  const input = { prompt: "a cup", batch: "spring", idempotencyKey: "k" };
  const fresh = await one(input, { dryRun: true });
  expect(fresh).not.toHaveProperty("existing");
  const made = await one(input);
  const id = made && "id" in made ? made.id : "";
  const requestHash = (await find(id, here))?.requestHash;
  expect(fresh).toMatchObject({ kind: "valid", requestHash });
  expect(await one(input, { dryRun: true })).toMatchObject({ kind: "valid", requestHash, existing: id });
  expect(await one({ ...input, prompt: "a mug" }, { dryRun: true })).toEqual({ kind: "mismatch", id });
  const other = await one({ ...input, idempotencyKey: "other" }, { dryRun: true });
  expect(other).toMatchObject({ kind: "valid", requestHash });
  expect(other).not.toHaveProperty("existing");
  expect((await ledger.counts(here.cell)).queued).toBe(1);
});

test("same idempotency key and tenant → same generation; with another body → mismatch, naming it", async () => {
  const first = await one({ prompt: "a cup", idempotencyKey: "k" });
  expect(await one({ prompt: "a cup", idempotencyKey: "k" })).toMatchObject({
    kind: "existing",
    id: first && "id" in first ? first.id : "",
  });
  expect(await one({ prompt: "a mug", idempotencyKey: "k" })).toMatchObject({
    kind: "mismatch",
    id: first && "id" in first ? first.id : "",
  });
  expect(await one({ prompt: "a mug", idempotencyKey: "k" }, { tenant: "other" })).toMatchObject({ kind: "accepted" });
});

test.each([
  ["http", "http://hooks.example.com/x", '"allowHosts": ["http://hooks.example.com"]'],
  ["another port", "https://hooks.example.com:8443/x", '"allowHosts": ["hooks.example.com:8443"]'],
  ["a user name", "https://user:secret@hooks.example.com/x", "a user name"],
  ["a name of one label", "https://hooks/x", "an internal name"],
  ["an internal name", "https://hooks.internal/x", "an internal name"],
  ["a private address", "https://10.0.0.1/x", '"allowPrivate": ["10.0.0.1/32"]'],
  ["this machine", "http://[::1]:4000/x", '"allowPrivate": ["::1/128"]'],
  ["a private address in another notation", "https://0x7f.1/x", "127.0.0.1"],
])("a webhook that can never be delivered is refused: %s", async (_, webhook, why) => {
  const row = await one({ prompt: "a cup", webhook });
  expect(row).toMatchObject({
    kind: "refused",
    problems: [{ field: "webhook", allowed: expect.stringContaining(why) }],
  });
  expect(JSON.stringify(row)).not.toContain("secret");
  expect(await one({ prompt: "a cup", webhook }, { dryRun: true })).toMatchObject({ kind: "refused" });
  expect((await ledger.counts(here.cell)).queued).toBe(0);
});

test("a webhook at an allowed origin or private address is accepted; a public name is not looked up", async () => {
  const allowing = { allowHosts: ["hooks.example.com:8443"], allowPrivate: ["127.0.0.0/8"] };
  const there = await testInstallation(scope, {}, allowing);
  const webhooks = [
    "https://hooks.example.com:8443/x",
    "http://127.0.0.1:4000/hook",
    "https://no-such-host.example.com/",
  ];
  const rows = await accept(
    webhooks.map((webhook) => ({ prompt: "a cup", webhook })),
    { tenant: "default" },
    there,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
});

test("waiting: reason and position", async () => {
  const rows = await accept(
    Array.from({ length: 5 }, () => ({ prompt: "a cup", account: "hiapi" })),
    { tenant: "default" },
    here,
  );
  const waiting = await Promise.all(rows.map(async (row) => (await find("id" in row ? row.id : "", here))?.waiting));
  expect(waiting).toEqual([
    "starting",
    "starting",
    "2 of 2 in flight",
    "2 of 2 in flight, behind 1",
    "2 of 2 in flight, behind 2",
  ]);
  await ledger.pause(here.cell, "hiapi", "by hand");
  expect((await find(rows[4] && "id" in rows[4] ? rows[4].id : "", here))?.waiting).toBe("account paused: by hand");
});
