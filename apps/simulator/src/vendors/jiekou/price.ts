/** Variant and resolution: a column of the vendor's price table. */
export type Column = "2.0-480p" | "2.0-720p" | "2.0-1080p" | "fast-480p" | "fast-720p";

/** The price in micro-USD; with video input at least the minimum charge for the output seconds. */
export function microUsd(column: Column, seconds: number, videoInput: { seconds: number } | undefined): number {
  if (!videoInput) return plainPerSecond[column] * seconds;
  const bySeconds = videoInputPerSecond[column] * (seconds + videoInput.seconds);
  const minimumCents = minimumChargeCents[column][seconds - 4] ?? 0;
  return Math.max(bySeconds, minimumCents * 10_000);
}

/** DOCUMENTED in third-party adaptor tests as "live SKU prices"; fast-480p INFERRED. Micro-USD per second. */
const plainPerSecond: Record<Column, number> = {
  "2.0-480p": 70_300,
  "2.0-720p": 151_200,
  "2.0-1080p": 374_200,
  "fast-480p": 56_200,
  "fast-720p": 121_000,
};

/** INFERRED from the original's token prices. Micro-USD per second of input and output video together. */
const videoInputPerSecond: Record<Column, number> = {
  "2.0-480p": 43_200,
  "2.0-720p": 92_900,
  "2.0-1080p": 228_400,
  "fast-480p": 33_100,
  "fast-720p": 71_300,
};

/** PROVIDED: US cents for 4, 5, … 15 output seconds. */
const minimumChargeCents: Record<Column, readonly number[]> = {
  "2.0-480p": [30, 39, 43, 52, 61, 65, 73, 82, 86, 95, 104, 108],
  "2.0-720p": [65, 84, 93, 111, 130, 139, 158, 176, 186, 204, 223, 232],
  "2.0-1080p": [164, 206, 247, 288, 329, 370, 411, 452, 493, 535, 576, 617],
  "fast-480p": [23, 30, 33, 40, 46, 50, 56, 63, 66, 73, 79, 83],
  "fast-720p": [50, 64, 71, 85, 100, 107, 121, 135, 143, 157, 171, 178],
};
