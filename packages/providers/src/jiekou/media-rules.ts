import { clipSeconds, type MediaRule, megabytes } from "../media-rules.ts";

const seed = (id: string) => ({ id, label: "SEED", source: "JieKou, Seedance 2.0 page" }) as const;

/** Round brackets in the page: 300 and 6,000 pixels, 0.4 and 2.5 are themselves refused. */
const image = {
  formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif"],
  ratio: { min: 0.4, max: 2.5, open: true },
  sidePixels: { min: 300, max: 6_000, open: true },
  bytes: { max: megabytes(30) },
} as const;

/** The rules of the page about the files themselves. */
export const mediaRules: readonly MediaRule[] = [
  {
    ...seed("J-V11"),
    of: ["video"],
    limits: { formats: ["mp4", "mov"], verticalLines: [480, 720], ...clipSeconds, bytes: { max: megabytes(50) } },
  },
  {
    ...seed("J-V12"),
    of: ["audio"],
    limits: { formats: ["wav", "mp3"], ...clipSeconds, bytes: { max: megabytes(15) } },
  },
  { ...seed("J-V13"), of: ["frame"], limits: image },
  { id: "J-V13", label: "INFERRED", source: "as for frames; the original has it so", of: ["image"], limits: image },
];
