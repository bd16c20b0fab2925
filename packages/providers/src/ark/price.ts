import type { GenerationRequest } from "@reelqueue/contracts";
import { roundUsd } from "../money.ts";
import { priced, skuOf } from "../per-second.ts";
import type { Quote, Reading } from "../provider.ts";
import { capabilities } from "./capabilities.ts";
import { pixelsOf } from "./pixels.ts";

/**
 * Example prices in USD per million tokens, to copy into an account's configuration; nothing uses them by itself.
 * FOUND: BytePlus, price page 1544106, as public texts quote it. Volcengine's own are in yuan.
 */
export const examplePricesPerMillionTokens: Readonly<Record<string, number>> = {
  "seedance-2.0/480p": 7,
  "seedance-2.0/720p": 7,
  "seedance-2.0/1080p": 7.7,
  "seedance-2.0/4k": 4,
  "seedance-2.0-fast/480p": 5.6,
  "seedance-2.0-fast/720p": 5.6,
  "seedance-2.0-mini/480p": 3.5,
  "seedance-2.0-mini/720p": 3.5,
  "seedance-2.0/480p+video": 4.3,
  "seedance-2.0/720p+video": 4.3,
  "seedance-2.0/1080p+video": 4.7,
  "seedance-2.0/4k+video": 2.4,
  "seedance-2.0-fast/480p+video": 3.3,
  "seedance-2.0-fast/720p+video": 3.3,
  "seedance-2.0-mini/480p+video": 2.1,
  "seedance-2.0-mini/720p+video": 2.1,
};

/** Reference videos count too, and may be so long together (FOUND). */
const longestInputSeconds = 15;

/** Price per million tokens × the tokens of input and output; the longest input and length where they are not known. */
export function price(
  request: GenerationRequest,
  { pricesPerMillionTokens = {} }: Reading,
  videoSeconds = longestInputSeconds,
): Quote {
  const sku = tokenSku(request);
  const unit = pricesPerMillionTokens[sku];
  if (unit === undefined) return { usd: null, basis: `no price per million tokens for ${sku}` };
  const inputSeconds = request.videos.length > 0 ? videoSeconds : 0;
  const seconds = priced(request, capabilities.models) + inputSeconds;
  const tokens = tokensFor(seconds, pixelsOf(request));
  const longest = inputSeconds === longestInputSeconds ? ", the longest allowed" : "";
  const input = inputSeconds > 0 ? `, ${inputSeconds} s of them input${longest}` : "";
  return { usd: charged(tokens, unit), basis: `${tokens} tokens for ${seconds} s${input} × $${unit} per million` };
}

/** What the tokens that were used cost (FOUND: `usage.completion_tokens` is what is charged, minimum use included). */
export function cost(
  request: GenerationRequest,
  { tokens }: Readonly<Record<string, number>>,
  { pricesPerMillionTokens = {} }: Reading,
): Quote {
  const sku = tokenSku(request);
  const unit = pricesPerMillionTokens[sku];
  if (tokens === undefined) return { usd: null, basis: "the provider told no tokens" };
  if (unit === undefined) return { usd: null, basis: `no price per million tokens for ${sku}` };
  return { usd: charged(tokens, unit), basis: `${tokens} tokens used × $${unit} per million` };
}

/** 24 frames a second and one more (INFERRED from measured runs: 108,900 for 5 s at 1280×720). */
export function tokensFor(seconds: number, pixels: number): number {
  return Math.ceil(((24 * seconds + 1) * pixels) / 1_024);
}

function charged(tokens: number, usdPerMillion: number): number {
  return roundUsd((tokens * usdPerMillion) / 1_000_000);
}

function tokenSku(request: GenerationRequest): string {
  return request.videos.length > 0 ? `${skuOf(request)}+video` : skuOf(request);
}
