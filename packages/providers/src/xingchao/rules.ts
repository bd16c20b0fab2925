import { clipSeconds, type FileRule, megabytes } from "../rules/file-rules.ts";
import {
  atMost,
  audioNeedsPicture,
  framesBesideReferences,
  lastFrameNeedsFirst,
  notInline,
  promptNeeded,
  ratioOffered,
  resolutionOffered,
  secondsInRange,
} from "../rules/request-rules.ts";
import { breachIf, type ValidationRule } from "../rules/validation.ts";
import { capabilities } from "./capabilities.ts";

const source = "Xingchao, Seedance 2.0 create page";
const provided = (id: string) => ({ id, label: "PROVIDED", source }) as const;
const models: Readonly<Record<string, { needsVideo?: { value: boolean } }>> = capabilities.models;

/** The rules of the page that a request alone can break. */
export const rules: readonly ValidationRule[] = [
  {
    ...provided("X-V2"),
    test({ model, videos }) {
      const broken = models[model]?.needsVideo?.value === true && videos.length === 0;
      return breachIf(broken, "videos", "0", `a reference video with ${model}; the pro models need none`);
    },
  },
  promptNeeded(
    { id: "X-V3", label: "DOCUMENTED", source: "docs.xingchaoyiqing.com seedance2-create: prompt is required" },
    () => false,
    "a prompt",
  ),
  secondsInRange(provided("X-V4"), capabilities),
  ratioOffered(provided("X-V5"), capabilities),
  lastFrameNeedsFirst(provided("X-V6")),
  framesBesideReferences(provided("X-V7"), () => true),
  atMost(provided("X-V8"), "images", capabilities.images.value.references),
  atMost(provided("X-V8"), "videos", capabilities.videos.value),
  atMost(provided("X-V8"), "audios", capabilities.audios.value),
  notInline(provided("X-V12"), capabilities),
  audioNeedsPicture({
    id: "X-V13",
    label: "INFERRED",
    source: "a rule of Volcengine Ark; the page does not forbid it",
  }),
  resolutionOffered(provided("X-V14"), capabilities),
];

/** The rules of the page about files. */
export const fileRules: readonly FileRule[] = [
  {
    ...provided("X-V9"),
    of: ["frame", "image"],
    limits: {
      formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif"],
      // The page writes "0.4-2.5" and "300-6000"; INFERRED: the bounds themselves are allowed.
      ratio: { min: 0.4, max: 2.5 },
      sidePixels: { min: 300, max: 6_000 },
    },
  },
  { ...provided("X-V10"), of: ["video"], limits: { verticalLines: [480, 720], ...clipSeconds } },
  {
    ...provided("X-V11"),
    of: ["audio"],
    limits: { formats: ["wav", "mp3"], ...clipSeconds, bytes: { max: megabytes(15) } },
  },
];
