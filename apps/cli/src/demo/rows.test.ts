import { generationRequest } from "@reelqueue/contracts";
import { simulatorProviders } from "@reelqueue/system";
import { expect, test } from "vitest";
import { demoModes } from "./every-mode.ts";
import { demoRows, markerOf } from "./rows.ts";

const wish = { count: 200, seed: 3, webhook: "http://127.0.0.1:1/", simulatorUrl: "http://127.0.0.1:2" };

test("every row is a valid request for a text video of 4 to 6 s at 480p or 720p", () => {
  for (const row of demoRows(wish)) {
    const { seconds, resolution, images } = generationRequest.parse(row);
    expect([4, 5, 6]).toContain(seconds);
    expect(["480p", "720p"]).toContain(resolution);
    expect(images).toEqual([]);
  }
});

test("each prompt carries the marker of its row, which no other row has", () => {
  const rows = demoRows(wish);
  expect(rows.every(({ prompt }, i) => prompt?.includes(`[[marker:${markerOf(3, i)}]]`))).toBe(true);
  expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(200);
  expect(new Set(rows.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(200);
});

test("both accounts get their share, also of a few", () => {
  const hiapi = (count: number) => demoRows({ ...wish, count }).filter(({ account }) => account === "hiapi").length;
  expect([hiapi(10), hiapi(200)]).toEqual([1, 20]);
});

test("the same seed gives the same rows, another one others", () => {
  expect(demoRows(wish)).toEqual(demoRows(wish));
  expect(demoRows(wish)[0]).not.toEqual(demoRows({ ...wish, seed: 4 })[0]);
});

test("over all providers, every mode comes at each of them, and a tenth goes to the one with ten slots", () => {
  const rows = demoRows({ ...wish, count: 1_000, providers: simulatorProviders });
  for (const row of rows) generationRequest.parse(row);
  const of = (account: string) => rows.filter((row) => row.account === account);
  expect(simulatorProviders.map((name) => of(name).length)).toEqual([100, 225, 225, 225, 225]);
  const shapes = (account: string) =>
    new Set(of(account).map(({ images, videos, audios }) => JSON.stringify([images, videos, audios])));
  for (const name of simulatorProviders) expect(shapes(name).size).toBe(demoModes.length);
});
