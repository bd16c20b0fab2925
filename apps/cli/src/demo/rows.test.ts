import { generationRequest } from "@reelqueue/contracts";
import { simulatorProviders } from "@reelqueue/system";
import { expect, test } from "vitest";
import { demoModes } from "./modes.ts";
import { demoRows, markerOf } from "./rows.ts";

const options = { count: 200, seed: 3, webhook: "http://127.0.0.1:1/", simulatorUrl: "http://127.0.0.1:2" };

test("demo rows: valid text requests of 4 to 6 s at 480p or 720p", () => {
  for (const row of demoRows(options)) {
    const { seconds, resolution, images } = generationRequest.parse(row);
    expect([4, 5, 6]).toContain(seconds);
    expect(["480p", "720p"]).toContain(resolution);
    expect(images).toEqual([]);
  }
});

test("demo rows: each prompt contains the unique marker of its row", () => {
  const rows = demoRows(options);
  expect(rows.every(({ prompt }, i) => prompt?.includes(`[[marker:${markerOf(3, i)}]]`))).toBe(true);
  expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(200);
  expect(new Set(rows.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(200);
});

test("demo rows: HiAPI gets a tenth, also of a few rows", () => {
  const hiapi = (count: number) => demoRows({ ...options, count }).filter(({ account }) => account === "hiapi").length;
  expect([hiapi(10), hiapi(200)]).toEqual([1, 20]);
});

test("demo rows: the same seed gives the same rows, another seed others", () => {
  expect(demoRows(options)).toEqual(demoRows(options));
  expect(demoRows(options)[0]).not.toEqual(demoRows({ ...options, seed: 4 })[0]);
});

test("demo rows over all providers: every mode at each of them, a tenth at HiAPI", () => {
  const rows = demoRows({ ...options, count: 1_000, providers: simulatorProviders });
  for (const row of rows) generationRequest.parse(row);
  const of = (account: string) => rows.filter((row) => row.account === account);
  expect(simulatorProviders.map((name) => of(name).length)).toEqual([100, 225, 225, 225, 225]);
  const shapes = (account: string) =>
    new Set(of(account).map(({ images, videos, audios }) => JSON.stringify([images, videos, audios])));
  for (const name of simulatorProviders) expect(shapes(name).size).toBe(demoModes.length);
});
