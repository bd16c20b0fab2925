import { type Capabilities, found, inferred, seed } from "../capabilities.ts";

const page = "HiAPI, Seedance 2.0 page";

export const capabilities = {
  name: "hiapi",
  title: "HiAPI",
  docsUrl: "https://docs.hiapi.ai/models/video/seedance-2-0/",
  baseUrl: found("https://api.hiapi.ai", "docs.hiapi.ai async-api"),
  models: {
    "seedance-2.0": {
      upstream: "seedance-2-0",
      resolutions: seed(["480p", "720p", "1080p"], `${page}: resolution`),
      seconds: seed([4, 15], `${page}: duration`),
      automaticSeconds: seed(false, `${page}: duration is an integer`),
    },
  },
  ratios: seed(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"], `${page}: aspect_ratio`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: seed({ frames: true, references: 9, total: 9 }, `${page}: combined count with first/last frames`),
  videos: seed(3, `${page}: reference_video_urls`),
  audios: seed(3, `${page}: reference_audio_urls`),
  inline: found(
    { frames: true, referenceImages: false, videos: false, audios: false },
    "the vendor's skill: frames as data URI; of references it says nothing",
  ),
  assets: seed(true, `${page}: URL or asset id`),
  seed: seed([0, 2_147_483_647], `${page}: seed`),
  offers: { generateAudio: true, watermark: false, webSearch: true, returnLastFrame: true, safetyCheck: true },
  requestsPerMinute: found(60, "docs.hiapi.ai rate-limits"),
  inFlight: found(10, "docs.hiapi.ai rate-limits"),
  chargesFailures: inferred("unknown", `${page} says nothing of failed tasks`),
  callback: found(
    { signed: true, httpsOnly: true },
    "docs.hiapi.ai async-api: signed where a key is set; https by the page",
  ),
  cancel: false,
  statuses: found(
    { queued: "queued", handling: "running", archiving: "running", success: "succeeded", fail: "failed" },
    "docs.hiapi.ai async-api; success and fail also by the page",
  ),
  switches: {
    framesBesideReferencesRefused:
      "Refuse first and last frames beside references (the vendor's skill), instead of counting them together (the page).",
  },
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: inferred(7_200_000, "no limit is documented; the vendor's SDK gives up after 10 min"),
  typicalRunMs: found(300_000, "the sample task of the vendor's SDK"),
} as const satisfies Capabilities;

/** How long an idempotency key stands for one task. */
export const idempotencyLifeMs = found(86_400_000, "the vendor's SDK: about 24 h");
