import { expect, test } from "vitest";
import { providerClock } from "../accounts.ts";
import { lifeEndsAtMs, waitMs } from "./patience.ts";

const [hour, clock] = [3_600_000, providerClock(1)];
const account = (resultsForMs: number, scale = 1) => ({
  clock: providerClock(scale),
  provider: { capabilities: { resultsForMs: { value: resultsForMs, label: "INFERRED" as const, source: "" } } },
});

test("the waits double from 1 s to 10 min, so that a day has about 150 tries", () => {
  const middle = (tries: number) => waitMs(tries, clock, () => 0.5);
  expect([0, 1, 2, 3, 4, 10, 11, 1_000].map(middle)).toEqual([
    ...[1_000, 1_000, 2_000, 4_000, 8_000],
    ...[512_000, 600_000, 600_000],
  ]);
  expect([0, 1].map((random) => Math.round(waitMs(1, clock, () => random)))).toEqual([800, 1_200]);
  expect(waitMs(11, providerClock(600), () => 0.5)).toBe(1_000);
  let [tries, passedMs] = [0, 0];
  for (; passedMs < 24 * hour; tries += 1) passedMs += middle(tries + 1);
  expect(tries).toBeGreaterThan(140);
  expect(tries).toBeLessThan(160);
});

const video = { kind: "video", url: "https://example.com/v.mp4" } as const;
const record = { createdAtMs: 0, stateChangedAtMs: 9 * hour, finishedAtMs: hour };

test("the life of outputs: what the URLs say, at least as long as the provider keeps results", () => {
  const end = (life: object, keeps: number) =>
    lifeEndsAtMs({ ...record, remoteOutputs: [{ ...video, ...life }] }, account(keeps)) / hour;
  expect(end({}, 24 * hour)).toBe(25);
  expect(end({ life: { untilMs: 2 * hour } }, 24 * hour)).toBe(25);
  expect(end({ life: { untilMs: 99 * hour } }, 24 * hour)).toBe(99);
  expect(end({ life: { lastsMs: 48 * hour } }, 24 * hour)).toBe(49);
});

test("the life of outputs counts in the time of the provider", () => {
  const remoteOutputs = [{ ...video, life: { lastsMs: 48 * hour } }];
  expect(lifeEndsAtMs({ ...record, remoteOutputs }, account(24 * hour, 24)) / hour).toBe(3);
});

test("a record of an older version: from the state's begin; from the accept where no output is known", () => {
  const { finishedAtMs: _, ...old } = record;
  expect(lifeEndsAtMs({ ...old, remoteOutputs: [video] }, account(24 * hour)) / hour).toBe(33);
  expect(lifeEndsAtMs(old, account(24 * hour)) / hour).toBe(24);
});
