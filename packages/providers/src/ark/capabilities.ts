import { type Capabilities, documented, inferred, type ModelCapability } from "../capabilities.ts";

const create = "Volcengine Ark, create page 82379/1520757";
const query = "Volcengine Ark, query page 82379/1521309";

const model = (upstream: string, ...resolutions: string[]): ModelCapability => ({
  upstream,
  resolutions: documented(resolutions, `${create}: resolution`),
  seconds: documented([4, 15], `${create}: duration`),
  automaticSeconds: documented(true, `${create}: duration -1`),
});

export const capabilities = {
  name: "ark",
  title: "Volcengine Ark",
  docsUrl: "https://www.volcengine.com/docs/82379/1520757",
  baseUrl: documented(
    "https://ark.cn-beijing.volces.com/api/v3",
    `${create}; international: https://ark.ap-southeast.bytepluses.com/api/v3`,
  ),
  models: {
    "seedance-2.0": model("doubao-seedance-2-0-260128", "480p", "720p", "1080p", "4k"),
    "seedance-2.0-fast": model("doubao-seedance-2-0-fast-260128", "480p", "720p"),
    "seedance-2.0-mini": model("doubao-seedance-2-0-mini-260615", "480p", "720p"),
  },
  ratios: documented(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${create}: ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: documented({ frames: true, references: 9 }, `${create}: 1 to 9 reference images`),
  videos: documented(3, `${create}: at most 3`),
  audios: documented(3, `${create}: at most 3`),
  inline: documented(
    { frames: true, referenceImages: true, videos: false, audios: true },
    `${create}: Base64 of images, and in its newer copy of audios`,
  ),
  assets: documented(true, `${create}, newer copy: asset://<ASSET_ID>`),
  seed: documented([-1, 4_294_967_295], `${create}, copy for 2.0; the newer copy names it for Seedance 1.0 only`),
  offers: { generateAudio: true, watermark: true, webSearch: true, returnLastFrame: true, safetyCheck: false },
  requestsPerMinute: null,
  inFlight: null,
  chargesFailures: documented(false, "Volcengine Ark, price page 82379/1544106: only finished videos are charged"),
  callback: documented({ signed: false, httpsOnly: false }, `${create}: callback_url; no signature is mentioned`),
  cancel: true,
  statuses: documented(
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
      "Use the model names of BytePlus (dreamina-…) instead of Volcengine's (doubao-…); if absent, the host of the base URL decides.",
  },
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: documented(172_800_000, `${create}: execution_expires_after, 48 h by default, never set longer here`),
  resultsForMs: documented(604_800_000, `${query}: tasks of the last 7 days`),
  typicalRunMs: inferred(288_000, "one measured run: 5 s at 720p"),
} as const satisfies Capabilities;
