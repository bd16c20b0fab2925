import { createEgress } from "@reelqueue/egress";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import type { MediaStore } from "../media-store/media-store.ts";
import { createProber, type ProberOptions } from "./probe.ts";
import { asDataUri, sample } from "./test-samples.ts";
import { sendPart, serve, serveParts } from "./test-server.ts";

const http = createEgress({ allowPrivate: ["127.0.0.0/8"] });
afterAll(() => http.close());
const prober = (options: Partial<ProberOptions> = {}) => createProber({ http, media: {} as MediaStore, ...options });
const png = sample("picture.png");

test("concurrent and later calls for one file share one request", async () => {
  await using server = await serveParts(png);
  const probe = prober();
  const atOnce = await Promise.all(Array.from({ length: 500 }, () => probe(server.url, "image")));
  for (let n = 0; n < 500; n++) atOnce.push(await probe(server.url, "image"));
  expect(new Set(atOnce.map((probed) => JSON.stringify(probed))).size).toBe(1);
  expect(atOnce[0]).toMatchObject({ facts: { width: 96 } });
  expect(server.ranges).toHaveLength(1);
});

test("another URL, another kind and another prober send their own request", async () => {
  await using server = await serveParts(png);
  const probe = prober();
  await probe(server.url, "image");
  await probe(`${server.url}?b`, "image");
  await probe(server.url, "video");
  await prober()(server.url, "image");
  expect(server.ranges).toHaveLength(4);
});

test("facts are cached for 10 minutes, any other result for 30 seconds", async () => {
  let isBroken = true;
  await using server = await serve((response, request) => {
    if (isBroken) response.writeHead(503).end();
    else sendPart(response, request, png);
  });
  const probe = prober();
  let nowMs = 1_000;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  // The cache reads the clock at most once per millisecond.
  const expectAfter = (ms: number, kind: string, requests: number) => {
    nowMs += ms;
    return vi.waitFor(async () =>
      expect([(await probe(server.url, "image")).kind, server.ranges.length]).toEqual([kind, requests]),
    );
  };
  await expectAfter(0, "unreachable", 1);
  isBroken = false;
  await expectAfter(29_000, "unreachable", 1);
  await expectAfter(2_000, "facts", 2);
  await expectAfter(599_000, "facts", 2);
  await expectAfter(2_000, "facts", 3);
});

test("at most `maxEntries` results are cached, the oldest is evicted first", async () => {
  await using server = await serveParts(png);
  const probe = prober({ maxEntries: 2 });
  for (const name of ["a", "b", "a", "c", "a", "b"]) await probe(`${server.url}?${name}`, "image");
  expect(server.ranges).toHaveLength(4);
});

test("at most `concurrency` probes run at once, and all of them end", async () => {
  let running = 0;
  let most = 0;
  const threeRun = Promise.withResolvers<void>();
  await using server = await serve(async (response, request) => {
    running++;
    most = Math.max(most, running);
    if (running === 3) threeRun.resolve();
    await threeRun.promise;
    setImmediate(() => {
      running--;
      sendPart(response, request, png);
    });
  });
  const probe = prober({ concurrency: 3 });
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => probe(`${server.url}?${n}`, "image")));
  expect(all.every(({ kind }) => kind === "facts")).toBe(true);
  expect(most).toBe(3);
});

test("long data URIs have separate cache entries", async () => {
  const probe = prober();
  const long = (name: string) => probe(asDataUri(Buffer.concat([sample(name), Buffer.alloc(5_000)])), "image");
  expect(await long("picture.png")).toMatchObject({ facts: { format: "png" } });
  expect(await long("picture.gif")).toMatchObject({ facts: { format: "gif" } });
  expect(await long("picture.png")).toMatchObject({ facts: { format: "png" } });
});
