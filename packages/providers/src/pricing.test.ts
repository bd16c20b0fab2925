import { generationRequest } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import { price as arkPrice, examplePricesPerMillionTokens, pixelsOf, tokensFor } from "./ark/price.ts";
import { hiapi } from "./hiapi/index.ts";
import { charge, examplePricesPerSecond, price as jiekouPrice, minimumCharge } from "./jiekou/price.ts";
import { toapis } from "./toapis/index.ts";
import { xingchao } from "./xingchao/index.ts";

const video = [{ url: "https://cdn.example.com/x.mp4" }];
const request = (part: object) => generationRequest.parse({ prompt: "A glass frog", ...part });
const reading = (pricesPerSecond: Record<string, number>) => ({ switches: {}, pricesPerSecond });

/** The table of the page, as printed: output seconds, then 2.0-480P, 2.0-720P, 2.0-1080P, fast-480P, fast-720P. */
const table = `
4 0.30 0.65 1.64 0.23 0.50
5 0.39 0.84 2.06 0.30 0.64
6 0.43 0.93 2.47 0.33 0.71
7 0.52 1.11 2.88 0.40 0.85
8 0.61 1.30 3.29 0.46 1.00
9 0.65 1.39 3.70 0.50 1.07
10 0.73 1.58 4.11 0.56 1.21
11 0.82 1.76 4.52 0.63 1.35
12 0.86 1.86 4.93 0.66 1.43
13 0.95 2.04 5.35 0.73 1.57
14 1.04 2.23 5.76 0.79 1.71
15 1.08 2.32 6.17 0.83 1.78`;
const columns = [
  "seedance-2.0/480p",
  "seedance-2.0/720p",
  "seedance-2.0/1080p",
  "seedance-2.0-fast/480p",
  "seedance-2.0-fast/720p",
];
const cells = table
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [seconds = 0, ...amounts] = line.split(" ").map(Number);
    return amounts.map((usd, column): [string, number, number] => [columns[column] ?? "", seconds, usd]);
  });

describe("jiekou", () => {
  test.each(cells)("minimum charge of %s for %i s of output is $%d", (sku, seconds, usd) => {
    expect(minimumCharge(sku, seconds)).toBe(usd);
    const [model, resolution] = sku.split("/");
    const quote = jiekouPrice.quote(
      request({ model, resolution, seconds, videos: video }),
      reading({ [`${sku}+video`]: 0.001 }),
    );
    expect(quote.usd).toBe(usd);
  });

  test("the table has no other cells", () => {
    expect(cells).toHaveLength(60);
    for (const sku of columns) expect([minimumCharge(sku, 3), minimumCharge(sku, 16)]).toEqual([undefined, undefined]);
    expect(minimumCharge("seedance-2.0-fast/1080p", 5)).toBeUndefined();
  });

  test("the example of the page: 4 s from a video of 2 s, 0.19 by the second, 0.30 charged", () => {
    expect(charge(0.19 / 6, 4 + 2, minimumCharge("seedance-2.0/480p", 4) ?? 0)).toBe(0.3);
  });

  test("the charge is the greater of price and minimum, never the sum", () => {
    expect(charge(0.1, 10, 0.3)).toBe(1);
    expect(charge(0.01, 10, 0.3)).toBe(0.3);
  });

  test("video input of unknown length: the longest allowed is assumed and stated", () => {
    const quote = jiekouPrice.quote(
      request({ seconds: 5, resolution: "480p", videos: video }),
      reading({ "seedance-2.0/480p+video": 0.0432 }),
    );
    expect(quote.usd).toBe(0.864);
    expect(quote.basis).toContain("15 s in, the longest allowed");
  });

  test("video input of known length: its length counts", () => {
    const given = request({ seconds: 5, resolution: "480p", videos: video });
    const quote = jiekouPrice.quote(given, reading({ "seedance-2.0/480p+video": 0.0432 }), 5.5);
    expect(quote.usd).toBe(0.4536);
    expect(quote.basis).toContain("(5 s out + 5.5 s in) ×");
    expect(jiekouPrice.quote(given, reading({ "seedance-2.0/480p+video": 0.0432 }), 2).usd).toBe(0.39);
  });

  test("video input without a unit price: unknown, with the minimum charge as the lower bound", () => {
    const quote = jiekouPrice.quote(
      request({ seconds: 5, resolution: "480p", videos: video }),
      reading({ "seedance-2.0/480p": 0.07 }),
    );
    expect(quote).toEqual({
      usd: null,
      basis: "no unit price for seedance-2.0/480p+video; at least $0.39 (minimum charge)",
    });
  });

  test("reference images and audios without videos do not trigger the minimum charge", () => {
    const media = {
      images: [{ url: "https://cdn.example.com/x.png" }],
      audios: [{ url: "https://cdn.example.com/x.wav" }],
    };
    expect(
      jiekouPrice.quote(request({ seconds: 4, resolution: "480p", ...media }), reading({ "seedance-2.0/480p": 0.01 }))
        .usd,
    ).toBe(0.04);
  });

  test.each([
    [{ seconds: 5, resolution: "480p" }, 0.3515],
    [{ seconds: 15, resolution: "1080p" }, 5.613],
    [{ seconds: 4, model: "seedance-2.0-fast" }, 0.484],
    [{ seconds: "auto", resolution: "480p" }, 1.0545],
  ])("without video input: unit price × output seconds, the maximum for an automatic length: %j", (part, usd) => {
    expect(jiekouPrice.quote(request(part), reading(examplePricesPerSecond)).usd).toBe(usd);
  });

  test("without a unit price: unknown, not zero; the example prices are not used", () => {
    expect(jiekouPrice.quote(request({}), reading({}))).toEqual({
      usd: null,
      basis: "no unit price for seedance-2.0/720p",
    });
  });
});

describe.each(Object.entries({ hiapi, toapis, xingchao }))("%s", (_name, { price }) => {
  test.each([
    [{ seconds: 4 }, { "seedance-2.0/720p": 0.1 }, 0.4],
    [{ seconds: "auto" }, { "seedance-2.0/720p": 0.1 }, 1.5],
    [{ videos: video }, { "seedance-2.0/720p": 0.1 }, 0.5],
    [{ videos: video }, { "seedance-2.0/720p": 0.1, "seedance-2.0/720p+video": 0.2 }, 1],
    [{}, { "seedance-2.0/480p": 0.1 }, null],
    [{ seconds: 4 }, { "seedance-2.0/720p": 0 }, 0],
  ])("%j at %j costs %d", (part, prices, usd) => {
    expect(price.quote(request(part), reading(prices)).usd).toBe(usd);
  });
});

describe("ark", () => {
  const byTokens = (pricesPerMillionTokens: Record<string, number>) => ({ ...reading({}), pricesPerMillionTokens });
  const examples = byTokens(examplePricesPerMillionTokens);

  test.each([
    [4, 1280 * 720, 87_300],
    [5, 1280 * 720, 108_900],
    [8, 1280 * 720, 173_700],
    [5, 864 * 496, 50_639],
  ])("%i s of %i pixels use %i tokens", (seconds, pixels, tokens) => {
    expect(tokensFor(seconds, pixels)).toBe(tokens);
  });

  test.each([
    [{ seconds: 5, ratio: "16:9" }, 0.7623],
    [{ seconds: 5, ratio: "9:16" }, 0.7623],
    [{ seconds: 5, ratio: "16:9", resolution: "480p" }, 0.354473],
    [{ seconds: 5, ratio: "16:9", resolution: "1080p" }, 1.886693],
    [{ seconds: 5, ratio: "16:9", resolution: "4k" }, 3.9204],
    [{ seconds: 5, ratio: "16:9", model: "seedance-2.0-fast" }, 0.60984],
    [{ seconds: 5, ratio: "16:9", model: "seedance-2.0-mini" }, 0.38115],
    [{ seconds: "auto", ratio: "1:1" }, 2.2743],
  ])("%j costs $%d by the example prices", (part, usd) => {
    expect(arkPrice.quote(request(part), examples).usd).toBe(usd);
  });

  test("a ratio that the provider chooses is priced at the maximum number of pixels", () => {
    const pixels = (["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"] as const).map((ratio) =>
      pixelsOf({ resolution: "720p", ratio }),
    );
    expect(pixels).toEqual([921_600, 927_408, 921_600, 927_408, 921_600, 926_100]);
    expect(pixelsOf({ resolution: "720p" })).toBe(927_408);
    expect(pixelsOf({ resolution: "720p", ratio: "adaptive" })).toBe(927_408);
  });

  test("reference videos of unknown length: the price for video and the longest input, which is stated", () => {
    const quote = arkPrice.quote(request({ seconds: 4, ratio: "16:9", videos: video }), examples);
    expect(quote.usd).toBe(1.76859);
    expect(quote.basis).toBe("411300 tokens for 19 s, 15 s of them input, the longest allowed × $4.3 per million");
  });

  test("reference videos of known length: their length counts", () => {
    const quote = arkPrice.quote(request({ seconds: 4, ratio: "16:9", videos: video }), examples, 4);
    expect(quote.usd).toBe(0.74691);
    expect(quote.basis).toBe("173700 tokens for 8 s, 4 s of them input × $4.3 per million");
  });

  test("settle: the cost of the used tokens; unknown without tokens or without a price", () => {
    expect(arkPrice.settle(request({}), { tokens: 108_900 }, examples).usd).toBe(0.7623);
    expect(arkPrice.settle(request({ videos: video }), { tokens: 195_000 }, examples).usd).toBe(0.8385);
    expect(arkPrice.settle(request({}), { tokens: 0 }, examples).usd).toBe(0);
    expect(arkPrice.settle(request({}), { webSearches: 1 }, examples).usd).toBeNull();
    expect(arkPrice.settle(request({}), { tokens: 1 }, reading({ "seedance-2.0/720p": 1 })).usd).toBeNull();
    expect(arkPrice.quote(request({}), byTokens({ "seedance-2.0/480p": 7 })).usd).toBeNull();
  });
});
