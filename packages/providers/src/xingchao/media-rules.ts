import { clipSeconds, type MediaRule, megabytes } from "../media-rules.ts";

const seed = (id: string) => ({ id, label: "SEED", source: "Xingchao, Seedance 2.0 create page" }) as const;

/** The rules of the page about the files themselves. */
export const mediaRules: readonly MediaRule[] = [
  {
    ...seed("X-V9"),
    of: ["frame", "image"],
    limits: {
      formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif"],
      // Written "0.4-2.5" and "300-6000": that the bounds themselves are allowed is INFERRED.
      ratio: { min: 0.4, max: 2.5 },
      sidePixels: { min: 300, max: 6_000 },
    },
  },
  { ...seed("X-V10"), of: ["video"], limits: { verticalLines: [480, 720], ...clipSeconds } },
  {
    ...seed("X-V11"),
    of: ["audio"],
    limits: { formats: ["wav", "mp3"], ...clipSeconds, bytes: { max: megabytes(15) } },
  },
];
