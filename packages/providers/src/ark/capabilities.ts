import { type Capabilities, found, inferred, type ModelCapability } from "../capabilities.ts";

const create = "Volcengine Ark, create page 82379/1520757";
const query = "Volcengine Ark, query page 82379/1521309";

const model = (upstream: string, ...resolutions: string[]): ModelCapability => ({
  upstream,
  resolutions: found(resolutions, `${create}: resolution`),
  seconds: found([4, 15], `${create}: duration`),
  automaticSeconds: found(true, `${create}: duration -1`),
});

export const capabilities = {
  name: "ark",
  title: "Volcengine Ark",
  docsUrl: "https://www.volcengine.com/docs/82379/1520757",
  baseUrl: found(
    "https://ark.cn-beijing.volces.com/api/v3",
    `${create}; international: https://ark.ap-southeast.bytepluses.com/api/v3`,
  ),
  models: {
    "seedance-2.0": model("doubao-seedance-2-0-260128", "480p", "720p", "1080p", "4k"),
    "seedance-2.0-fast": model("doubao-seedance-2-0-fast-260128", "480p", "720p"),
    "seedance-2.0-mini": model("doubao-seedance-2-0-mini-260615", "480p", "720p"),
  },
  ratios: found(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${create}: ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: found({ frames: true, references: 9 }, `${create}: 1 to 9 reference images`),
  videos: found(3, `${create}: at most 3`),
  audios: found(3, `${create}: at most 3`),
  inline: found(
    { frames: true, referenceImages: true, videos: false, audios: true },
    `${create}: Base64 of images, and in its newer copy of audios`,
  ),
  assets: found(true, `${create}, newer copy: asset://<ASSET_ID>`),
  seed: found([-1, 4_294_967_295], `${create}, copy for 2.0; the newer copy names it for Seedance 1.0 only`),
  offers: { generateAudio: true, watermark: true, webSearch: true, returnLastFrame: true, safetyCheck: false },
  requestsPerMinute: null,
  inFlight: null,
  chargesFailures: found(false, "Volcengine Ark, price page 82379/1544106: only videos that were made are charged"),
  callback: found({ signed: false, httpsOnly: false }, `${create}: callback_url; nothing is said of a signature`),
  cancel: true,
  statuses: found(
    {
      queued: "queued",
      running: "running",
      succeeded: "succeeded",
      failed: "failed",
      expired: "expired",
      cancelled: "canceled",
    },
    `${query}: status`,
  ),
  switches: {
    internationalModels:
      "Use the model names of BytePlus (dreamina-…) instead of Volcengine's (doubao-…); left out, the host of the base URL decides.",
  },
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: found(172_800_000, `${create}: execution_expires_after, 48 h by default, never set longer here`),
  typicalRunMs: inferred(288_000, "one measured run: 5 s at 720p"),
} as const satisfies Capabilities;
