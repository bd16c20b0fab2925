import { clipSeconds, type MediaRule, megabytes } from "../media-rules.ts";

const found = (id: string, what: string) =>
  ({ id, label: "FOUND", source: `Volcengine Ark, create page: ${what}` }) as const;

export const videoLimits = {
  formats: ["mp4", "mov"],
  verticalLines: [480, 720, 1_080],
  ratio: { min: 0.4, max: 2.5 },
  sidePixels: { min: 300, max: 6_000 },
  areaPixels: { min: 409_600, max: 2_086_876 },
  framesPerSecond: { min: 24, max: 60 },
  bytes: { max: megabytes(50), open: true },
  ...clipSeconds,
} as const;
export const audioLimits = {
  formats: ["wav", "mp3"],
  bytes: { max: megabytes(15), open: true },
  ...clipSeconds,
} as const;

/** The rules of the page about the files themselves. */
export const mediaRules: readonly MediaRule[] = [
  {
    ...found("A-V15", "images"),
    of: ["frame", "image"],
    limits: {
      formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif", "heic"],
      ratio: { min: 0.4, max: 2.5, open: true },
      sidePixels: { min: 300, max: 6_000, open: true },
      bytes: { max: megabytes(30), open: true },
    },
  },
  { ...found("A-V16", "videos"), of: ["video"], limits: videoLimits },
  { ...found("A-V17", "audios"), of: ["audio"], limits: audioLimits },
];
