import { type Capabilities, documented, inferred, provided } from "../capabilities.ts";

const page = "HiAPI, Seedance 2.0 page";

export const capabilities = {
  name: "hiapi",
  title: "HiAPI",
  docsUrl: "https://docs.hiapi.ai/models/video/seedance-2-0/",
  baseUrl: documented("https://api.hiapi.ai", "docs.hiapi.ai async-api"),
  models: {
    "seedance-2.0": {
      upstream: "seedance-2-0",
      resolutions: provided(["480p", "720p", "1080p"], `${page}: resolution`),
      seconds: provided([4, 15], `${page}: duration`),
      automaticSeconds: provided(false, `${page}: duration is an integer`),
    },
  },
  ratios: provided(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${page}: aspect_ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: provided({ frames: true, references: 9, total: 9 }, `${page}: combined count with first/last frames`),
  videos: provided(3, `${page}: reference_video_urls`),
  audios: provided(3, `${page}: reference_audio_urls`),
  inline: documented(
    { frames: true, referenceImages: false, videos: false, audios: false },
    "the vendor's skill: frames as data URI; references are not mentioned",
  ),
  assets: provided(true, `${page}: URL or asset id`),
  seed: provided([0, 2_147_483_647], `${page}: seed`),
  offers: { generateAudio: true, watermark: false, webSearch: true, returnLastFrame: true, safetyCheck: true },
  requestsPerMinute: documented(60, "docs.hiapi.ai rate-limits"),
  inFlight: documented(10, "docs.hiapi.ai rate-limits"),
  chargesFailures: inferred("unknown", `${page} does not mention failed tasks`),
  callback: documented(
    { signed: true, httpsOnly: true },
    "docs.hiapi.ai async-api: signed if a key is set; https by the page",
  ),
  cancel: false,
  statuses: documented(
    { queued: "queued", handling: "running", archiving: "running", success: "succeeded", fail: "failed" },
    "docs.hiapi.ai async-api; success and fail also by the page",
  ),
  switches: {
    framesBesideReferencesRefused:
      "Refuse first and last frames beside references (the vendor's skill), instead of counting them together (the page).",
  },
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: inferred(7_200_000, "no limit is documented; the vendor's SDK gives up after 10 min"),
  resultsForMs: inferred(86_400_000, "expireAt of the samples is 24 h; no document says how long a task can be read"),
  typicalRunMs: documented(300_000, "the sample task of the vendor's SDK"),
} as const satisfies Capabilities;

/** The life of an idempotency key. */
export const idempotencyLifeMs = documented(86_400_000, "the vendor's SDK: about 24 h");
