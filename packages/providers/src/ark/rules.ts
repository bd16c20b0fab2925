import { clipSeconds, type FileRule, megabytes } from "../rules/file-rules.ts";
import { formOf, mediaOf } from "../rules/media.ts";
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
import { breachIf, type ValidationRule } from "../rules/validation.ts";
import { capabilities } from "./capabilities.ts";

const found = (id: string, what: string) =>
  ({ id, label: "FOUND", source: `Volcengine Ark, create page: ${what}` }) as const;
const images = ["jpeg", "jpg", "png", "webp", "bmp", "tiff", "tif", "gif", "heic", "heif"];
const audios = ["wav", "wave", "vnd.wave", "mp3", "mpeg", "mpeg3"];

const inlineImage = /^data:image\/(jpeg|png|webp|bmp|tiff|gif|heic|heif);base64,/;
const inlineAudio = /^data:audio\/(x-)?(wav|wave|vnd\.wave|mp3|mpeg|mpeg3);base64,/;
const inlineForms = { frame: inlineImage, image: inlineImage, audio: inlineAudio };

/** The rules of the page that a request alone can break. */
export const rules: readonly ValidationRule[] = [
  framesBesideReferences(found("A-V1", "three modes that exclude each other"), () => true),
  lastFrameNeedsFirst(found("A-V2", "first frame, or first and last")),
  atMost(found("A-V3", "up to 9 images"), "images", capabilities.images.value.references),
  atMost(found("A-V3", "up to 3 videos"), "videos", capabilities.videos.value),
  atMost(found("A-V3", "up to 3 audios"), "audios", capabilities.audios.value),
  audioNeedsPicture(found("A-V4", "an audio needs a reference image or video")),
  secondsInRange(found("A-V5", "duration"), capabilities),
  resolutionOffered(found("A-V6", "resolution"), capabilities),
  resolutionOfModel(found("A-V6", "resolution"), capabilities),
  ratioOffered(found("A-V7", "ratio"), capabilities),
  seedInRange(found("A-V8", "seed"), capabilities.seed.value),
  promptNeeded(
    found("A-V9", "the combinations of content"),
    (request) => has(request, "first_frame") || hasReferences(request),
    "a prompt, a first frame or a reference",
  ),
  declaredFormats(found("A-V10", "formats of images"), "frame", images),
  declaredFormats(found("A-V10", "formats of images"), "image", images),
  declaredFormats(found("A-V10", "formats of audios"), "audio", audios),
  {
    ...found("A-V10", "data:image/<format>;base64,… and data:audio/<format>;base64,…, the format in small letters"),
    test: (request) =>
      mediaOf(request).flatMap(({ field, kind, url }) => {
        const isOther = kind !== "video" && formOf(url) === "data" && !inlineForms[kind].test(url);
        return breachIf(isOther, field, url, `data:${kind === "audio" ? "audio" : "image"}/<format>;base64,…`);
      }),
  },
  notInline(found("A-V11", "a video is a URL or an asset id"), capabilities),
  promptAdvice(found("A-V12", "length of the prompt")),
  {
    ...found("A-V13", "its newer copy names seed for Seedance 1.0 only: it may be ignored"),
    severity: "warning",
    test: ({ seed = -1 }) => breachIf(seed >= 0, "seed", seed, "left out, to be sure"),
  },
];

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

/** The rules of the page about files. */
export const fileRules: readonly FileRule[] = [
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
