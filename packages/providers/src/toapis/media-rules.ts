import { audioLimits, videoLimits } from "../ark/media-rules.ts";
import { type MediaRule, megabytes } from "../media-rules.ts";

const review = {
  id: "T-V16c",
  label: "FOUND",
  source: "docs.toapis.com private-assets",
  on: "privateAssetReview",
} as const;
const asOriginal = { label: "INFERRED", source: "the page names no limits; the original's" } as const;

/** The rules about the files themselves. */
export const mediaRules: readonly MediaRule[] = [
  { ...asOriginal, id: "T-V21", of: ["video"], limits: videoLimits },
  { ...asOriginal, id: "T-V22", of: ["audio"], limits: audioLimits },
  { ...review, of: ["frame", "image"], limits: { bytes: { max: megabytes(20) } } },
  { ...review, of: ["video", "audio"], limits: { bytes: { max: megabytes(100) } } },
];
