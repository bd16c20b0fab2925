import { type Capabilities, documented, inferred, type ModelCapability, provided } from "../capabilities.ts";

const page = "Xingchao, Seedance 2.0 create page";
const query = "docs.xingchaoyiqing.com seedance2-query";

const model = (upstream: string, needsVideo: boolean): ModelCapability => ({
  upstream,
  resolutions: provided(["720p"], `${page}: no resolution parameter; 720p is INFERRED from the tokens of a sample`),
  seconds: provided([4, 15], `${page}: duration`),
  automaticSeconds: provided(false, `${page}: duration, 4–15`),
  needsVideo: provided(needsVideo, `${page}: supported models`),
});

export const capabilities = {
  name: "xingchao",
  title: "Xingchao",
  docsUrl: "https://docs.xingchaoyiqing.com/api-reference/video/seedance2-create",
  baseUrl: documented("https://zcbservice.aizfw.cn/kyyReactApiServer", "docs.xingchaoyiqing.com seedance2-create"),
  models: {
    "seedance-2.0": model("seedance_2_0", true),
    "seedance-2.0-fast": model("seedance_2_0_fast", true),
    "seedance-2.0-pro": model("seedance_2_0_pro", false),
    "seedance-2.0-fast-pro": model("seedance_2_0_fast_pro", false),
  },
  ratios: provided(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${page}: aspect_ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: provided({ frames: true, references: 9 }, `${page}: referenceImages, 1–9`),
  videos: provided(3, `${page}: referenceVideos, max 3`),
  audios: provided(3, `${page}: referenceAudios, max 3`),
  inline: provided(
    { frames: false, referenceImages: false, videos: false, audios: false },
    `${page}: a public URL or asset://ASSET_ID`,
  ),
  assets: provided(true, `${page}: asset://ASSET_ID`),
  seed: null,
  offers: { generateAudio: true, watermark: false, webSearch: false, returnLastFrame: false, safetyCheck: false },
  requestsPerMinute: null,
  inFlight: null,
  chargesFailures: inferred("unknown", "no page mentions failed tasks"),
  callback: null,
  cancel: false,
  uploads: documented(["url"], "docs.globalaiopc.com seedance2-asset-upload: a URL, no bytes"),
  statuses: documented(
    {
      queued: "queued",
      processing: "running",
      completed: "succeeded",
      failed: "failed",
      cancelled: "canceled",
    },
    `${query}; cancelled by the page of Seedance 1.5 on the same endpoint`,
  ),
  switches: {},
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: inferred(7_200_000, "no limit is documented"),
  resultsForMs: inferred(86_400_000, "no document says how long a task can be read"),
  typicalRunMs: inferred(288_000, "one measured run at Volcengine Ark: 5 s at 720p"),
} as const satisfies Capabilities;
