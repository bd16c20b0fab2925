import type { GenerationRequest } from "@reelqueue/contracts";
import type { Capabilities, Reading } from "./capabilities.ts";

/** `usd: null`: no price is known. */
export interface Quote {
  usd: number | null;
  /** The calculation, as one phrase. */
  basis: string;
}

/** How a provider charges. */
export interface Price {
  /** What is counted: it decides which of the account's prices apply. */
  unit: "second" | "token";
  /**
   * The expected cost of one attempt at the account's unit prices. `videoSeconds`: total length of its reference
   * videos, if known.
   */
  quote(request: GenerationRequest, reading: Reading, videoSeconds?: number): Quote;
  /** The cost of a finished task by the usage that the provider reports; absent: the provider reports no usage. */
  settle?(request: GenerationRequest, usage: Readonly<Record<string, number>>, reading: Reading): Quote;
}

/**
 * Unit price × output seconds, for a provider that documents no amounts: the price is unknown until a unit price is
 * configured. A price for video input is used if one is configured; an automatic length is priced at the maximum.
 */
export function pricePerSecond({ models }: Pick<Capabilities, "models">): Price {
  return {
    unit: "second",
    quote(request, { pricesPerSecond }) {
      const seconds = pricedSeconds(request, models);
      const sku = skuOf(request);
      const withVideo = request.videos.length > 0 ? pricesPerSecond[`${sku}+video`] : undefined;
      const unit = withVideo ?? pricesPerSecond[sku];
      if (unit === undefined) return { usd: null, basis: `no unit price for ${sku}` };
      return { usd: roundUsd(unit * seconds), basis: `${seconds} s × $${unit}` };
    },
  };
}

/** The key of a unit price in the configuration. */
export function skuOf({ model, resolution }: GenerationRequest): string {
  return `${model}/${resolution}`;
}

/** The maximum number of output seconds that a request may be charged for. */
export function pricedSeconds({ model, seconds }: GenerationRequest, models: Capabilities["models"]): number {
  if (seconds !== "auto") return seconds;
  const offers = models[model] ? [models[model]] : Object.values(models);
  return Math.max(...offers.map((offer) => offer.seconds.value[1]));
}

/** Rounds to a millionth of a dollar, so that binary fractions do not blur sums and comparisons. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1_000_000) / 1_000_000;
}
