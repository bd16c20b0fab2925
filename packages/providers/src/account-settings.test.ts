import { expect, test } from "vitest";
import { settingsProblems, skusOf } from "./account-settings.ts";
import { examplePricesPerMillionTokens } from "./ark/price.ts";
import type { Reading } from "./capabilities.ts";
import { examplePricesPerSecond } from "./jiekou/price.ts";
import { providers } from "./registry.ts";

const problems = (name: string, reading: Partial<Reading>) => {
  const provider = providers[name];
  if (!provider) throw new Error(name);
  return settingsProblems(provider, { switches: {}, pricesPerSecond: {}, ...reading });
};

test.each(Object.values(providers))("$capabilities.name: its own prices and switches are known", (provider) => {
  const { capabilities, price } = provider;
  const prices = Object.fromEntries(skusOf(capabilities).map((sku) => [sku, 1]));
  const switches = Object.fromEntries(Object.keys(capabilities.switches).map((name) => [name, true]));
  const reading =
    price.unit === "second" ? { pricesPerSecond: prices } : { pricesPerSecond: {}, pricesPerMillionTokens: prices };
  expect(settingsProblems(provider, { switches, ...reading })).toEqual([]);
});

test("the example prices are keys of their providers", () => {
  expect(problems("jiekou", { pricesPerSecond: examplePricesPerSecond })).toEqual([]);
  expect(problems("ark", { pricesPerMillionTokens: examplePricesPerMillionTokens })).toEqual([]);
});

test("a mistyped price and switch: each is named, with the known ones", () => {
  expect(
    problems("hiapi", {
      pricesPerSecond: { "seedance-2/720p": 1, "seedance-2.0/4k": 1, "seedance-2.0/480p": 1 },
      switches: { framesBesideReferenceRefused: true },
    }),
  ).toEqual([
    expect.stringMatching(/^pricesPerSecond has no "seedance-2\/720p" at HiAPI; there are seedance-2\.0\/480p, /),
    expect.stringContaining('"seedance-2.0/4k"'),
    'switches has no "framesBesideReferenceRefused" at HiAPI; there are framesBesideReferencesRefused',
  ]);
  expect(problems("jiekou", { switches: { any: false } })).toEqual([
    'switches has no "any" at JieKou.AI; there are none',
  ]);
});

test("prices in the unit that the provider does not charge by", () => {
  expect(problems("ark", { pricesPerSecond: { "seedance-2.0/720p": 1 } })).toEqual([
    "pricesPerSecond has no effect, as Volcengine Ark charges by the token; set pricesPerMillionTokens",
  ]);
  expect(problems("hiapi", { pricesPerMillionTokens: { "seedance-2.0/720p": 1 } })).toEqual([
    "pricesPerMillionTokens has no effect, as HiAPI charges by the second; set pricesPerSecond",
  ]);
});
