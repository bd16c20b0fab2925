import type { Variant } from "./body.ts";

/** US$ per million tokens, without and with video input: FOUND on the original's international price page. */
const perMillion: Record<Variant, Readonly<Record<string, readonly [number, number]>>> = {
  standard: { "480p": [7, 4.3], "720p": [7, 4.3], "1080p": [7.7, 4.7], "4k": [4, 2.4] },
  fast: { "480p": [5.6, 3.3], "720p": [5.6, 3.3] },
  mini: { "480p": [3.5, 2.1], "720p": [3.5, 2.1] },
};

export function offers(variant: Variant, resolution: string): boolean {
  return Object.hasOwn(perMillion[variant], resolution);
}

/** What so many tokens cost, in whole micro-USD. */
export function microUsd(variant: Variant, resolution: string, tokens: number, videoInput: boolean): number {
  const price = perMillion[variant][resolution];
  if (!price) throw new Error(`no price for ${variant} ${resolution}`);
  return Math.round(tokens * price[videoInput ? 1 : 0]);
}
