import { type Capabilities, documented, inferred, type ModelCapability, provided } from "../capabilities.ts";

const page = "JieKou, Seedance 2.0 page";

const model = (upstream: string, ...resolutions: string[]): ModelCapability => ({
  upstream,
  resolutions: provided(resolutions, `${page}: resolution`),
  seconds: provided([4, 15], `${page}: duration`),
  automaticSeconds: provided(false, `${page}: duration is an integer`),
});

export const capabilities = {
  name: "jiekou",
  title: "JieKou.AI",
  docsUrl: "https://docs.jiekou.ai/en/docs/models/reference-seedance-2.0",
  baseUrl: provided("https://api.highwayapi.ai", `${page}: curl`),
  models: {
    "seedance-2.0": model("seedance-2.0", "480p", "720p", "1080p"),
    "seedance-2.0-fast": model("seedance-2.0-fast", "480p", "720p"),
  },
  ratios: provided(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${page}: ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: provided({ frames: true, references: 9 }, `${page}: reference_images, 1 - 9`),
  videos: provided(3, `${page}: reference_videos, 1 - 3`),
  audios: provided(3, `${page}: reference_audios, 1 - 3`),
  inline: provided(
    { frames: true, referenceImages: true, videos: false, audios: true },
    `${page}: URL or Base64, videos by URL only`,
  ),
  assets: provided(false, `${page}: URL or Base64, nothing else`),
  seed: provided([-1, 4_294_967_295], `${page}: seed, [-1, 2^32-1]`),
  offers: { generateAudio: true, watermark: true, webSearch: true, returnLastFrame: true, safetyCheck: false },
  requestsPerMinute: documented(200, "docs.jiekou.ai faq_rpm: about 200 for Seedance"),
  inFlight: null,
  chargesFailures: inferred("unknown", `${page} does not mention failed tasks`),
  callback: null,
  cancel: false,
  statuses: documented(
    {
      QUEUED: "queued",
      PROCESSING: "running",
      RUNNING: "running",
      SUCCEED: "succeeded",
      SUCCESS: "succeeded",
      FAILED: "failed",
      FAIL: "failed",
      CANCELLED: "canceled",
    },
    "task-result page: TASK_STATUS_QUEUED, _PROCESSING, _SUCCEED, _FAILED; the others appear in public client code",
  ),
  switches: {},
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: inferred(7_200_000, "no limit is documented; the vendor's own plugin gives up after 30 min"),
  resultsForMs: inferred(86_400_000, "URLs live for 1 h; no document says how long a task can be read"),
  typicalRunMs: inferred(288_000, "one measured run at Volcengine Ark: 5 s at 720p"),
} as const satisfies Capabilities;
