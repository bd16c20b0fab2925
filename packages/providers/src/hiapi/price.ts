import type { GenerationRequest } from "@reelqueue/contracts";
import { roundUsd } from "../money.ts";
import type { Quote, Reading } from "../provider.ts";
import { capabilities } from "./capabilities.ts";

/**
 * Unit price × output seconds (SEED: per second of generated video); no amounts are documented, so without a
 * configured unit price nothing is known. A price for video input counts where one is configured.
 */
export function price(request: GenerationRequest, { pricesPerSecond }: Reading): Quote {
  const [, longest] = capabilities.models["seedance-2.0"].seconds.value;
  const seconds = request.seconds === "auto" ? longest : request.seconds;
  const sku = `${request.model}/${request.resolution}`;
  const withVideo = request.videos.length > 0 ? pricesPerSecond[`${sku}+video`] : undefined;
  const unit = withVideo ?? pricesPerSecond[sku];
  if (unit === undefined) return { usd: null, basis: `no unit price for ${sku}` };
  return { usd: roundUsd(unit * seconds), basis: `${seconds} s × $${unit}` };
}
