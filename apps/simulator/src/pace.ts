import type { Order } from "./dialect.ts";
import { lognormal } from "./random.ts";

/** How fast tasks move, and how many finished ones are kept. */
export interface Pace {
  generationMs?: { median: number; sigma: number } | undefined;
  finishAfterPolls?: number | undefined;
  keepTasks: number;
}

/** The share of its time that a task waits, and the share after which its video is only being stored. */
export const queuedShare = 0.15;
export const archivingShare = 0.95;
/** How many times as long a `slow` task takes. */
export const slowness = 5;

/** How long one task takes, in the provider's time. */
export function generationMs(luck: number, order: Omit<Order, "prompt" | "asked">, pace: Pace): number {
  return lognormal(luck, "generation", pace.generationMs ?? usual(order));
}

/** INVENTED: no vendor publishes completion times; one to three minutes is what users report. */
function usual({ model, resolution, seconds }: Omit<Order, "prompt" | "asked">): { median: number; sigma: number } {
  const perSecondMs = { "480p": 4_000, "720p": 6_000, "1080p": 8_000, "4k": 12_000 }[resolution] ?? 6_000;
  const medianMs = 45_000 + perSecondMs * seconds;
  return { median: /fast|mini/.test(model) ? medianMs * 0.6 : medianMs, sigma: 0.3 };
}
