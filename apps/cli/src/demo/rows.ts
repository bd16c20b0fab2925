import type { GenerationInput } from "@reelqueue/contracts";

export interface RowsWish {
  count: number;
  seed: number;
  /** Where each announces its end. */
  webhook: string;
}

/** Share of the account with ten slots; the other has none to count, so both end at about the same time. */
const hiapiShare = 0.1;

const scenes = [
  "A paper boat drifts down a rain gutter, camera low and close, evening light",
  "A lighthouse keeper climbs the last stairs at dawn, handheld, warm haze",
  "Steam rises from a street kitchen while a cook tosses noodles, slow motion",
  "A red kite over a windy dune, wide shot, grass bending in waves",
  "Two dancers rehearse in an empty hall, one long tracking shot, dust in the light",
  "A fox crosses a frozen lake at blue hour, drone shot from far above",
  "An old tram turns a corner in the rain, neon on wet stone",
];

/** Text-to-video requests over both accounts, each with a marker of its own by which the twin bills it. The same wish gives the same rows. */
export function demoRows({ count, seed, webhook }: RowsWish): GenerationInput[] {
  return Array.from({ length: count }, (_, i) => ({
    prompt: `${scenes[(i + seed) % scenes.length]} [[marker:${markerOf(seed, i)}]]`,
    account: Math.floor((i + 1) * hiapiShare) > Math.floor(i * hiapiShare) ? "hiapi" : "jiekou",
    resolution: (i + seed) % 2 === 0 ? "480p" : "720p",
    seconds: 4 + ((i + seed) % 3),
    batch: batchName,
    idempotencyKey: markerOf(seed, i),
    webhook,
  }));
}

export const batchName = "demo";

export function markerOf(seed: number, index: number): string {
  return `demo-${seed}-${index + 1}`;
}
