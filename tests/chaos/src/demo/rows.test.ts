import { generationRequest } from "@reelqueue/contracts";
import { simulatorProviders } from "@reelqueue/system";
import { expect, test } from "vitest";
import { demoModes } from "./modes.ts";
import { demoRows } from "./rows.ts";

const options = { count: 200, seed: 3 };
const rowsOf = (more: Partial<Parameters<typeof demoRows>[0]> = {}) =>
  demoRows({ ...options, ...more }, "http://127.0.0.1:2", "http://127.0.0.1:1/");

test("demo rows: valid text requests of 4 to 6 s at 480p or 720p", () => {
  for (const { input } of rowsOf()) {
    const { seconds, resolution, images } = generationRequest.parse(input);
    expect([4, 5, 6]).toContain(seconds);
    expect(["480p", "720p"]).toContain(resolution);
    expect(images).toEqual([]);
  }
});

test("demo rows: each prompt contains the unique marker of its row", () => {
  const rows = rowsOf();
  expect(rows.every(({ marker, input: { prompt } }) => prompt?.includes(`[[marker:${marker}]]`))).toBe(true);
  expect(new Set(rows.map(({ input: { prompt } }) => prompt)).size).toBe(200);
  expect(new Set(rows.map(({ input: { idempotencyKey } }) => idempotencyKey)).size).toBe(200);
});

test("demo rows: HiAPI gets a tenth, also of a few rows", () => {
  const hiapi = (count: number) => rowsOf({ count }).filter(({ account }) => account === "hiapi").length;
  expect([hiapi(10), hiapi(200)]).toEqual([1, 20]);
});

test("demo rows: the same seed gives the same rows, another seed others", () => {
  expect(rowsOf()).toEqual(rowsOf());
  expect(rowsOf()[0]).not.toEqual(rowsOf({ seed: 4 })[0]);
});

test("demo rows over all providers: every mode at each of them, a tenth at HiAPI", () => {
  const rows = rowsOf({ count: 1_000, providers: simulatorProviders });
  for (const { input } of rows) generationRequest.parse(input);
  const of = (account: string) => rows.filter((row) => row.account === account);
  expect(simulatorProviders.map((name) => of(name).length)).toEqual([100, 225, 225, 225, 225]);
  const shapes = (account: string) =>
    new Set(of(account).map(({ input: { images, videos, audios } }) => JSON.stringify([images, videos, audios])));
  for (const name of simulatorProviders) expect(shapes(name).size).toBe(demoModes.length);
});
