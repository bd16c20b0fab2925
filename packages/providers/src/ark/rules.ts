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

const documented = (id: string, what: string) =>
  ({ id, label: "DOCUMENTED", source: `Volcengine Ark, create page: ${what}` }) as const;
const images = ["jpeg", "jpg", "png", "webp", "bmp", "tiff", "tif", "gif", "heic", "heif"];
const audios = ["wav", "wave", "vnd.wave", "mp3", "mpeg", "mpeg3"];

const inlineImage = /^data:image\/(jpeg|png|webp|bmp|tiff|gif|heic|heif);base64,/;
const inlineAudio = /^data:audio\/(x-)?(wav|wave|vnd\.wave|mp3|mpeg|mpeg3);base64,/;
const inlineForms = { frame: inlineImage, image: inlineImage, audio: inlineAudio };

/** The rules of the page that a request alone can break. */
export const rules: readonly ValidationRule[] = [
  framesBesideReferences(documented("A-V1", "three modes that exclude each other"), () => true),
  lastFrameNeedsFirst(documented("A-V2", "first frame, or first and last")),
  atMost(documented("A-V3", "up to 9 images"), "images", capabilities.images.value.references),
  atMost(documented("A-V3", "up to 3 videos"), "videos", capabilities.videos.value),
  atMost(documented("A-V3", "up to 3 audios"), "audios", capabilities.audios.value),
  audioNeedsPicture(documented("A-V4", "an audio needs a reference image or video")),
  secondsInRange(documented("A-V5", "duration"), capabilities),
  resolutionOffered(documented("A-V6", "resolution"), capabilities),
  resolutionOfModel(documented("A-V6", "resolution"), capabilities),
  ratioOffered(documented("A-V7", "ratio"), capabilities),
  seedInRange(documented("A-V8", "seed"), capabilities.seed.value),
  promptNeeded(
    documented("A-V9", "the combinations of content"),
    (request) => has(request, "first_frame") || hasReferences(request),
    "a prompt, a first frame or a reference",
  ),
  declaredFormats(documented("A-V10", "formats of images"), "frame", images),
  declaredFormats(documented("A-V10", "formats of images"), "image", images),
  declaredFormats(documented("A-V10", "formats of audios"), "audio", audios),
  {
    ...documented("A-V10", "data:image/<format>;base64,… and data:audio/<format>;base64,…, the format in lower case"),
    test: (request) =>
      mediaOf(request).flatMap(({ field, kind, url }) => {
        const isOther = kind !== "video" && formOf(url) === "data" && !inlineForms[kind].test(url);
        return breachIf(isOther, field, url, `data:${kind === "audio" ? "audio" : "image"}/<format>;base64,…`);
      }),
  },
  notInline(documented("A-V11", "a video is a URL or an asset id"), capabilities),
  promptAdvice(documented("A-V12", "length of the prompt")),
  {
    ...documented("A-V13", "its newer copy names seed for Seedance 1.0 only: it may be ignored"),
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
    ...documented("A-V15", "images"),
    of: ["frame", "image"],
    limits: {
      formats: ["jpeg", "png", "webp", "bmp", "tiff", "gif", "heic"],
      ratio: { min: 0.4, max: 2.5, open: true },
      sidePixels: { min: 300, max: 6_000, open: true },
      bytes: { max: megabytes(30), open: true },
    },
  },
  { ...documented("A-V16", "videos"), of: ["video"], limits: videoLimits },
  { ...documented("A-V17", "audios"), of: ["audio"], limits: audioLimits },
];
