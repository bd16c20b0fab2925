import type { GenerationRequest } from "@reelqueue/contracts";
import type { Capabilities } from "./capabilities.ts";
import type { Quote, Reading } from "./provider.ts";
/**
 * Unit price × output seconds, for a provider that documents no amounts: without a configured unit price nothing is
 * known. A price for video input counts where one is configured; an automatic length is priced at the longest.
 */
export function pricePerSecond(
  { models }: Pick<Capabilities, "models">,
  request: GenerationRequest,
  { pricesPerSecond }: Reading,
): Quote {
  const seconds = priced(request, models);
  const sku = skuOf(request);
  const withVideo = request.videos.length > 0 ? pricesPerSecond[`${sku}+video`] : undefined;
  const unit = withVideo ?? pricesPerSecond[sku];
  if (unit === undefined) return { usd: null, basis: `no unit price for ${sku}` };
  return { usd: roundUsd(unit * seconds), basis: `${seconds} s × $${unit}` };
}

/** The name under which a unit price is configured. */
export function skuOf({ model, resolution }: GenerationRequest): string {
  return `${model}/${resolution}`;
}

/** The seconds that are paid for at most. */
export function priced({ model, seconds }: GenerationRequest, models: Capabilities["models"]): number {
  if (seconds !== "auto") return seconds;
  const offers = models[model] ? [models[model]] : Object.values(models);
  return Math.max(...offers.map((offer) => offer.seconds.value[1]));
}

/** Rounded to a millionth of a dollar, so that sums and comparisons are not blurred by binary fractions. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1_000_000) / 1_000_000;
}
