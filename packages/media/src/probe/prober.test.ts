import { createEgress } from "@reelqueue/egress";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import type { MediaStore } from "../media-store/media-store.ts";
import { createProber, type ProberOptions } from "./prober.ts";
import { asDataUri, sample } from "./test-samples.ts";
import { sendPart, serve, serveParts } from "./test-server.ts";

const http = createEgress({ allowPrivate: ["127.0.0.0/8"] });
afterAll(() => http.close());
const prober = (options: Partial<ProberOptions> = {}) => createProber({ http, media: {} as MediaStore, ...options });
const png = sample("picture.png");

test("a file that a batch names a thousand times is asked for once, at the same time and later", async () => {
  await using server = await serveParts(png);
  const look = prober();
  const atOnce = await Promise.all(Array.from({ length: 500 }, () => look(server.url, "image")));
  for (let n = 0; n < 500; n++) atOnce.push(await look(server.url, "image"));
  expect(new Set(atOnce.map((probed) => JSON.stringify(probed))).size).toBe(1);
  expect(atOnce[0]).toMatchObject({ facts: { width: 96 } });
  expect(server.asked).toHaveLength(1);
});

test("another address, another kind and another prober are asked anew", async () => {
  await using server = await serveParts(png);
  const look = prober();
  await look(server.url, "image");
  await look(`${server.url}?b`, "image");
  await look(server.url, "video");
  await prober()(server.url, "image");
  expect(server.asked).toHaveLength(4);
});

test("facts are forgotten after ten minutes, anything else after half a minute", async () => {
  let isBroken = true;
  await using server = await serve((response, request) => {
    if (isBroken) response.writeHead(503).end();
    else sendPart(response, request, png);
  });
  const look = prober();
  let nowMs = 1_000;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  // the cache looks at the clock once in a millisecond
  const expectAfter = (ms: number, kind: string, asked: number) => {
    nowMs += ms;
    return vi.waitFor(async () =>
      expect([(await look(server.url, "image")).kind, server.asked.length]).toEqual([kind, asked]),
    );
  };
  await expectAfter(0, "unreachable", 1);
  isBroken = false;
  await expectAfter(29_000, "unreachable", 1);
  await expectAfter(2_000, "facts", 2);
  await expectAfter(599_000, "facts", 2);
  await expectAfter(2_000, "facts", 3);
});

test("no more answers are remembered than allowed, the oldest forgotten first", async () => {
  await using server = await serveParts(png);
  const look = prober({ remembered: 2 });
  for (const name of ["a", "b", "a", "c", "a", "b"]) await look(`${server.url}?${name}`, "image");
  expect(server.asked).toHaveLength(4);
});

test("no more files are looked at at once than allowed, and all of them are", async () => {
  let underWay = 0;
  let most = 0;
  await using server = await serve((response, request) => {
    underWay++;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay--;
      sendPart(response, request, png);
    });
  });
  const look = prober({ concurrency: 3 });
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => look(`${server.url}?${n}`, "image")));
  expect(all.every(({ kind }) => kind === "facts")).toBe(true);
  expect(most).toBe(3);
});

test("data URIs of any length are told apart", async () => {
  const look = prober();
  const long = (name: string) => look(asDataUri(Buffer.concat([sample(name), Buffer.alloc(5_000)])), "image");
  expect(await long("picture.png")).toMatchObject({ facts: { format: "png" } });
  expect(await long("picture.gif")).toMatchObject({ facts: { format: "gif" } });
  expect(await long("picture.png")).toMatchObject({ facts: { format: "png" } });
});
