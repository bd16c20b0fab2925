import { clipSeconds, type FileRule, megabytes } from "../rules/file-rules.ts";
import {
  atMost,
  audioNeedsPicture,
  declaredFormats,
  framesBesideReferences,
  has,
  hasReferences,
  lastFrameNeedsFirst,
  notInline,
  promptAdvice,
  promptNeeded,
  ratioOffered,
  resolutionOffered,
  resolutionOfModel,
  secondsInRange,
  seedInRange,
} from "../rules/request-rules.ts";
import type { ValidationRule } from "../rules/validation.ts";
import { capabilities } from "./capabilities.ts";

const source = "JieKou, Seedance 2.0 page";
const provided = (id: string) => ({ id, label: "PROVIDED", source }) as const;
const imageFormats = ["jpeg", "jpg", "png", "webp", "bmp", "tiff", "tif", "gif"];
const audioFormats = ["wav", "wave", "vnd.wave", "mp3", "mpeg", "mpeg3"];

const asFrames = "as for frames; a rule of Volcengine Ark";

/** The rules of the page that a request alone can break. */
export const rules: readonly ValidationRule[] = [
  promptNeeded(
    provided("J-V1"),
    (request) => has(request, "first_frame") || hasReferences(request),
    "a prompt, a first frame or a reference",
  ),
  lastFrameNeedsFirst(provided("J-V2")),
  secondsInRange(provided("J-V3"), capabilities),
  resolutionOffered(provided("J-V4"), capabilities),
  resolutionOfModel(provided("J-V5"), capabilities),
  ratioOffered(provided("J-V6"), capabilities),
  seedInRange(provided("J-V7"), capabilities.seed.value),
  atMost(provided("J-V8"), "images", capabilities.images.value.references),
  atMost(provided("J-V8"), "videos", capabilities.videos.value),
  atMost(provided("J-V8"), "audios", capabilities.audios.value),
  audioNeedsPicture(provided("J-V9")),
  notInline(provided("J-V10"), capabilities),
  declaredFormats(provided("J-V12"), "audio", audioFormats),
  declaredFormats(provided("J-V13"), "frame", imageFormats),
  declaredFormats({ id: "J-V13", label: "INFERRED", source: asFrames }, "image", imageFormats),
  framesBesideReferences(
    { id: "J-V14", label: "INFERRED", source: "the page names three modes, as Volcengine Ark does" },
    () => true,
  ),
  promptAdvice(provided("J-V15")),
];

/** The page writes open intervals: exactly 300 or 6,000 pixels, and exactly 0.4 or 2.5, are refused. */
const image = {
  formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif"],
  ratio: { min: 0.4, max: 2.5, open: true },
  sidePixels: { min: 300, max: 6_000, open: true },
  bytes: { max: megabytes(30) },
} as const;

/** The rules of the page about files. */
export const fileRules: readonly FileRule[] = [
  {
    ...provided("J-V11"),
    of: ["video"],
    limits: { formats: ["mp4", "mov"], verticalLines: [480, 720], ...clipSeconds, bytes: { max: megabytes(50) } },
  },
  {
    ...provided("J-V12"),
    of: ["audio"],
    limits: { formats: ["wav", "mp3"], ...clipSeconds, bytes: { max: megabytes(15) } },
  },
  { ...provided("J-V13"), of: ["frame"], limits: image },
  { id: "J-V13", label: "INFERRED", source: asFrames, of: ["image"], limits: image },
];
