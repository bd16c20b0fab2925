import type { GenerationRequest } from "@reelqueue/contracts";
import type { Reading } from "../capabilities.ts";
import { type Price, pricedSeconds, type Quote, roundUsd, skuOf } from "../pricing.ts";
import { capabilities } from "./capabilities.ts";

/**
 * Example prices in USD per million tokens, to copy into an account's configuration; no code uses them.
 * DOCUMENTED: BytePlus, price page 1544106, as public texts quote it. Volcengine's own are in yuan.
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

/** The maximum total length of the reference videos, which are charged too (DOCUMENTED). */
const longestInputSeconds = 15;

/** Volcengine Ark charges by tokens. */
export const price = { unit: "token", quote, settle } satisfies Price;

/**
 * Price per million tokens × tokens of input and output; an unknown input or an automatic length counts as the longest.
 */
function quote(
  request: GenerationRequest,
  { pricesPerMillionTokens = {} }: Reading,
  videoSeconds = longestInputSeconds,
): Quote {
  const sku = tokenSku(request);
  const unit = pricesPerMillionTokens[sku];
  if (unit === undefined) return { usd: null, basis: `no price per million tokens for ${sku}` };
  const inputSeconds = request.videos.length > 0 ? videoSeconds : 0;
  const seconds = pricedSeconds(request, capabilities.models) + inputSeconds;
  const tokens = tokensFor(seconds, pixelsOf(request));
  const longest = inputSeconds === longestInputSeconds ? ", the longest allowed" : "";
  const input = inputSeconds > 0 ? `, ${inputSeconds} s of them input${longest}` : "";
  return { usd: charged(tokens, unit), basis: `${tokens} tokens for ${seconds} s${input} × $${unit} per million` };
}

/** The cost of the used tokens (DOCUMENTED: `usage.completion_tokens` is charged, minimum use included). */
function settle(
  request: GenerationRequest,
  { tokens }: Readonly<Record<string, number>>,
  { pricesPerMillionTokens = {} }: Reading,
): Quote {
  const sku = tokenSku(request);
  const unit = pricesPerMillionTokens[sku];
  if (tokens === undefined) return { usd: null, basis: "the provider reported no tokens" };
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

type Sizes = Readonly<Record<string, readonly [width: number, height: number]>>;

/** DOCUMENTED: create page, sizes of Seedance 2.0; a portrait ratio is the rotated landscape ratio. */
const sizes: Readonly<Record<string, Sizes>> = {
  "480p": { "16:9": [864, 496], "4:3": [752, 560], "1:1": [640, 640], "21:9": [992, 432] },
  "720p": { "16:9": [1280, 720], "4:3": [1112, 834], "1:1": [960, 960], "21:9": [1470, 630] },
  "1080p": { "16:9": [1920, 1080], "4:3": [1664, 1248], "1:1": [1440, 1440], "21:9": [2206, 946] },
  "4k": { "16:9": [3840, 2160], "4:3": [3326, 2494], "1:1": [2880, 2880], "21:9": [4398, 1886] },
};
const landscapeOf: Readonly<Record<string, string>> = { "9:16": "16:9", "3:4": "4:3" };

/** Pixels of one frame; the maximum if the provider chooses the ratio. */
export function pixelsOf({ resolution, ratio = "adaptive" }: Pick<GenerationRequest, "resolution" | "ratio">): number {
  const ofResolution = sizes[resolution] ?? {};
  const area = ([width, height]: readonly [number, number]) => width * height;
  const size = ofResolution[landscapeOf[ratio] ?? ratio];
  return size ? area(size) : Math.max(...Object.values(ofResolution).map(area));
}
