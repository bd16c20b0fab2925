import { describe, expect, test } from "vitest";
import { brokenLimits, brokenTotal, type FileLimits, linesOf, type MediaFacts } from "./file-limits.ts";

const image = (width: number, height: number): MediaFacts => ({ format: "png", bytes: 1_000, width, height });
const clip = (seconds: number): MediaFacts => ({ format: "mp4", bytes: 1_000, seconds });
const broken = (facts: MediaFacts, limits: FileLimits) => brokenLimits(facts, limits).map(({ limit }) => limit);

const open = { min: 300, max: 6_000, open: true };
const closed = { min: 300, max: 6_000 };

test.each([
  [300, open, false],
  [301, open, true],
  [5_999, open, true],
  [6_000, open, false],
  [299, closed, false],
  [300, closed, true],
  [6_000, closed, true],
  [6_001, closed, false],
])("a side of %i in %o: %s", (side, sidePixels, isAllowed) => {
  for (const facts of [image(side, 1_000), image(1_000, side)]) {
    expect(broken(facts, { sidePixels })).toEqual(isAllowed ? [] : ["sidePixels"]);
  }
});

test.each([
  [400, 1_000, true, false],
  [401, 1_000, true, true],
  [2_500, 1_000, true, false],
  [2_499, 1_000, true, true],
  [400, 1_000, false, true],
  [399, 1_000, false, false],
  [2_500, 1_000, false, true],
  [2_501, 1_000, false, false],
  // The same ratio with other numbers.
  [1_236, 3_090, true, false],
  [1_236, 3_090, false, true],
])("a ratio of %i : %i between 0.4 and 2.5, open %s: %s", (width, height, isOpen, isAllowed) => {
  const limits = { ratio: { min: 0.4, max: 2.5, open: isOpen } };
  expect(broken(image(width, height), limits)).toEqual(isAllowed ? [] : ["ratio"]);
});

test.each([
  [1.999, false],
  [2, true],
  [15, true],
  [15.0004, true],
  [15.001, false],
  [1.9996, true],
])("%d s between 2 and 15: %s", (seconds, isAllowed) => {
  expect(broken(clip(seconds), { seconds: { min: 2, max: 15 } })).toEqual(isAllowed ? [] : ["seconds"]);
});

test.each([
  [1.9, true],
  [1.899, false],
  [15.1, true],
  [15.101, false],
])("%d s between 2 and 15 with a slack of 0.1: %s", (seconds, isAllowed) => {
  expect(broken(clip(seconds), { seconds: { min: 2, max: 15, slack: 0.1 } })).toEqual(isAllowed ? [] : ["seconds"]);
});

test.each([
  [[15], true],
  [[5, 5, 5], true],
  // 15.000000000000002 in binary fractions
  [[4.03, 8.05, 2.92], true],
  [[5, 5, 5.001], false],
  [[7.5, 7.501], false],
  [[], true],
])("%j s in total, at most 15: %s", (lengths, isAllowed) => {
  const found = brokenTotal(lengths.map(clip), { totalSeconds: { max: 15 } });
  expect(found.map(({ limit }) => limit)).toEqual(isAllowed ? [] : ["totalSeconds"]);
});

test("a total has the slack of each file, and skips unknown lengths", () => {
  const limits = { totalSeconds: { max: 15, slack: 0.1 } };
  expect(brokenTotal([clip(15.1)], limits)).toEqual([]);
  expect(brokenTotal([clip(15.101)], limits)).toHaveLength(1);
  expect(brokenTotal([clip(5.1), clip(5.1), clip(5.1)], limits)).toEqual([]);
  expect(brokenTotal([clip(5.1), clip(5.1), clip(5.101)], limits)).toHaveLength(1);
  const unknown: MediaFacts = { format: "mp4", bytes: 1 };
  expect(brokenTotal([unknown, clip(15)], limits)).toEqual([]);
  expect(brokenTotal([unknown, clip(16)], limits)).toHaveLength(1);
  expect(brokenTotal([clip(99)], {})).toEqual([]);
});

test.each([
  [100, false, true],
  [101, false, false],
  [99, true, true],
  [100, true, false],
])("%i bytes of at most 100, open %s: %s", (bytes, isOpen, isAllowed) => {
  const limits = { bytes: { max: 100, open: isOpen } };
  expect(broken({ format: "png", bytes }, limits)).toEqual(isAllowed ? [] : ["bytes"]);
});

test.each([
  [23.976, false],
  [24, true],
  [60, true],
  [60.001, false],
])("%d frames a second between 24 and 60: %s", (framesPerSecond, isAllowed) => {
  const facts: MediaFacts = { format: "mp4", bytes: 1, framesPerSecond };
  expect(broken(facts, { framesPerSecond: { min: 24, max: 60 } })).toEqual(isAllowed ? [] : ["framesPerSecond"]);
});

test.each([
  [640, 640, true],
  [640, 639, false],
  [2_206, 946, true],
  [2_206, 947, false],
])("%i × %i within Ark's area: %s", (width, height, isAllowed) => {
  const limits = { areaPixels: { min: 409_600, max: 2_086_876 } };
  expect(broken(image(width, height), limits)).toEqual(isAllowed ? [] : ["areaPixels"]);
});

describe("480p and 720p", () => {
  const limits = { verticalLines: [480, 720] };

  const taken: [what: string, ...sizes: [width: number, height: number][]][] = [
    ["Seedance's own 480p", [864, 496], [752, 560], [640, 640], [992, 432]],
    ["Seedance's own 720p", [1_280, 720], [1_112, 834], [960, 960], [1_470, 630]],
    ["usual sizes of cameras", [854, 480], [848, 480], [640, 480], [1_280, 720], [960, 540]],
  ];
  test.each(taken)("accept %s, in portrait and landscape", (_, ...sizes) => {
    for (const [width, height] of sizes) {
      expect(broken(image(width, height), limits), `${width} × ${height}`).toEqual([]);
      expect(broken(image(height, width), limits), `${height} × ${width}`).toEqual([]);
    }
  });

  test.each([
    [640, 360],
    [1_000, 419],
    [1_300, 961],
    [1_920, 1_080],
    [3_840, 2_160],
  ])("do not accept %i × %i", (width, height) => {
    expect(broken(image(width, height), limits)).toEqual(["verticalLines"]);
  });

  test("have these bounds, as has 1080p", () => {
    expect([480, 720, 1_080].map(linesOf)).toEqual([
      { min: 420, max: 640 },
      { min: 630, max: 960 },
      { min: 945, max: 1_440 },
    ]);
  });
});

test("every broken limit is returned, with the given value and the allowed range", () => {
  const facts: MediaFacts = { format: "webm", bytes: 101, width: 100, height: 300, seconds: 1.5, framesPerSecond: 12 };
  const limits: FileLimits = {
    formats: ["mp4", "mov"],
    sidePixels: open,
    ratio: { min: 0.4, max: 2.5 },
    areaPixels: { min: 409_600, max: 927_408 },
    bytes: { max: 100 },
    seconds: { min: 2, max: 15 },
    framesPerSecond: { min: 24, max: 60 },
    verticalLines: [480, 720],
  };
  expect(brokenLimits(facts, limits)).toEqual([
    { limit: "formats", given: "webm", allowed: "mp4, mov" },
    { limit: "sidePixels", given: "100 × 300 pixels", allowed: "sides of more than 300 and less than 6000 pixels" },
    { limit: "ratio", given: "100 by 300 = 0.3333", allowed: "0.4 to 2.5 width by height" },
    { limit: "areaPixels", given: "100 × 300 pixels = 30000", allowed: "409600 to 927408 pixels in total" },
    { limit: "bytes", given: "101 bytes", allowed: "at most 100 bytes" },
    { limit: "seconds", given: "1.5 s", allowed: "2 to 15 s" },
    { limit: "framesPerSecond", given: "12 frames/s", allowed: "24 to 60 frames/s" },
    { limit: "verticalLines", given: "100 × 300 pixels", allowed: "480p, 720p" },
  ]);
  expect(brokenTotal([clip(16)], { totalSeconds: { max: 15 } })).toEqual([
    { limit: "totalSeconds", given: "16 s in total", allowed: "at most 15 s in total" },
  ]);
});

test("an unknown fact breaks no limit; an absent limit allows everything", () => {
  const nothing: MediaFacts = { format: "mp4", bytes: 1 };
  const limits: FileLimits = {
    sidePixels: open,
    ratio: { min: 1, max: 1 },
    areaPixels: { min: 1, max: 1 },
    seconds: { min: 1, max: 1 },
    framesPerSecond: { min: 1, max: 1 },
    verticalLines: [480],
  };
  expect(brokenLimits(nothing, limits)).toEqual([]);
  expect(brokenLimits(image(1, 1), {})).toEqual([]);
});
