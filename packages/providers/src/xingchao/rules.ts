import { breachIf, type Rule } from "../checking.ts";
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
} from "../field-rules.ts";
import { capabilities } from "./capabilities.ts";

const source = "Xingchao, Seedance 2.0 create page";
const seed = (id: string) => ({ id, label: "SEED", source }) as const;
const models: Readonly<Record<string, { needsVideo?: { value: boolean } }>> = capabilities.models;

/** The rules of the page that can be judged from the request alone; pixels, lengths and sizes need the files (media-rules.ts). */
export const rules: readonly Rule[] = [
  {
    ...seed("X-V2"),
    test({ model, videos }) {
      const broken = models[model]?.needsVideo?.value === true && videos.length === 0;
      return breachIf(broken, "videos", "0", `a reference video with ${model}; the pro models need none`);
    },
  },
  promptNeeded(
    { id: "X-V3", label: "FOUND", source: "docs.xingchaoyiqing.com seedance2-create: prompt is required" },
    () => false,
    "a prompt",
  ),
  secondsInRange(seed("X-V4"), capabilities),
  ratioOffered(seed("X-V5"), capabilities),
  lastFrameNeedsFirst(seed("X-V6")),
  framesBesideReferences(seed("X-V7"), () => true),
  atMost(seed("X-V8"), "images", capabilities.images.value.references),
  atMost(seed("X-V8"), "videos", capabilities.videos.value),
  atMost(seed("X-V8"), "audios", capabilities.audios.value),
  notInline(seed("X-V12"), capabilities),
  audioNeedsPicture({ id: "X-V13", label: "INFERRED", source: "the original has it so; the page does not forbid it" }),
  resolutionOffered(seed("X-V14"), capabilities),
];
