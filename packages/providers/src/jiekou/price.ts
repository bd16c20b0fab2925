import type { GenerationRequest } from "@reelqueue/contracts";
import type { Reading } from "../capabilities.ts";
import { type Price, pricedSeconds, type Quote, roundUsd, skuOf } from "../pricing.ts";
import { capabilities } from "./capabilities.ts";

/** Minimum charge in USD with video input, by output seconds from 4 to 15 (PROVIDED). */
const minimums: Readonly<Record<string, readonly number[]>> = {
  "seedance-2.0/480p": [0.3, 0.39, 0.43, 0.52, 0.61, 0.65, 0.73, 0.82, 0.86, 0.95, 1.04, 1.08],
  "seedance-2.0/720p": [0.65, 0.84, 0.93, 1.11, 1.3, 1.39, 1.58, 1.76, 1.86, 2.04, 2.23, 2.32],
  "seedance-2.0/1080p": [1.64, 2.06, 2.47, 2.88, 3.29, 3.7, 4.11, 4.52, 4.93, 5.35, 5.76, 6.17],
  "seedance-2.0-fast/480p": [0.23, 0.3, 0.33, 0.4, 0.46, 0.5, 0.56, 0.63, 0.66, 0.73, 0.79, 0.83],
  "seedance-2.0-fast/720p": [0.5, 0.64, 0.71, 0.85, 1.0, 1.07, 1.21, 1.35, 1.43, 1.57, 1.71, 1.78],
};

/** The maximum total length of the reference videos of one request (PROVIDED). */
const longestInputSeconds = 15;

/**
 * Example unit prices in USD per second, to copy into an account's configuration; no code uses them.
 * DOCUMENTED in public client code; INFERRED by arithmetic: every `+video`, and the fast model at 480p.
 */
export const examplePricesPerSecond: Readonly<Record<string, number>> = {
  "seedance-2.0/480p": 0.0703,
  "seedance-2.0/720p": 0.1512,
  "seedance-2.0/1080p": 0.3742,
  "seedance-2.0-fast/480p": 0.0562,
  "seedance-2.0-fast/720p": 0.121,
  "seedance-2.0/480p+video": 0.0432,
  "seedance-2.0/720p+video": 0.0929,
  "seedance-2.0/1080p+video": 0.2284,
  "seedance-2.0-fast/480p+video": 0.0331,
  "seedance-2.0-fast/720p+video": 0.0713,
};

/** JieKou charges by the second, with a minimum charge for video input. */
export const price = { unit: "second", quote } satisfies Price;

/**
 * Unit price × output seconds. With video input: the greater of unit price × (output + input seconds) and the minimum
 * charge; an unknown input counts as the longest. Without a unit price the cost is unknown: the minimum is only a
 * lower bound.
 */
function quote(request: GenerationRequest, { pricesPerSecond }: Reading, videoSeconds?: number): Quote {
  const seconds = pricedSeconds(request, capabilities.models);
  const sku = skuOf(request);
  if (request.videos.length === 0) return withoutVideo(sku, seconds, pricesPerSecond[sku]);
  return withVideo(sku, seconds, pricesPerSecond[`${sku}+video`], videoSeconds);
}

function withoutVideo(sku: string, seconds: number, unit: number | undefined): Quote {
  if (unit === undefined) return { usd: null, basis: `no unit price for ${sku}` };
  return { usd: roundUsd(unit * seconds), basis: `${seconds} s × $${unit}` };
}

function withVideo(sku: string, seconds: number, unit: number | undefined, input = longestInputSeconds): Quote {
  const minimum = minimumCharge(sku, seconds);
  if (minimum === undefined) return { usd: null, basis: `no minimum charge for ${sku} and ${seconds} s` };
  if (unit === undefined)
    return { usd: null, basis: `no unit price for ${sku}+video; at least $${minimum} (minimum charge)` };
  const usd = charge(unit, seconds + input, minimum);
  const basis = `the greater of (${seconds} s out + ${input} s in${input === longestInputSeconds ? ", the longest allowed" : ""}) × $${unit} and the minimum $${minimum}`;
  return { usd, basis };
}

/** The rule of the page: actual charge = max(unit price per second × total video seconds, minimum charge). */
export function charge(unitUsd: number, totalVideoSeconds: number, minimumUsd: number): number {
  return Math.max(roundUsd(unitUsd * totalVideoSeconds), minimumUsd);
}

export function minimumCharge(sku: string, outputSeconds: number): number | undefined {
  return Object.hasOwn(minimums, sku) ? minimums[sku]?.[outputSeconds - 4] : undefined;
}
