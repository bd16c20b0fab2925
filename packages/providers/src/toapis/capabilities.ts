import { type Capabilities, documented, inferred, type ModelCapability, provided } from "../capabilities.ts";

const page = "ToAPIs, seedance-2 page";
const newer = "the vendor's newer seedance-2 page";
const statusPage = "docs.toapis.com video-status";

const model = (upstream: string, ...resolutions: string[]): ModelCapability => ({
  upstream,
  resolutions: provided(resolutions, `${page}: resolution`),
  seconds: provided([4, 15], `${page}: duration`),
  automaticSeconds: provided(true, `${page}: 0 and -1, seedance-2 and -fast only`),
});

export const capabilities = {
  name: "toapis",
  title: "ToAPIs",
  docsUrl: "https://docs.toapis.com/docs/en/api-reference/videos/seedance-2/generation",
  baseUrl: documented("https://toapis.com", `${newer}; mainland China: https://toapis.cn`),
  models: {
    "seedance-2.0": model("seedance-2", "480p", "720p", "1080p", "4k"),
    "seedance-2.0-fast": model("seedance-2-fast", "480p", "720p"),
    "seedance-2.0-mini": {
      ...model("seedance-2-mini", "480p", "720p"),
      automaticSeconds: provided(false, `${page}: 0 and -1, seedance-2 and -fast only`),
      lacks: {
        ...provided(["frames", "generateAudio", "returnLastFrame"], `${page}: capabilities; ${newer} lifts all three`),
        unless: "miniAsTheOthers",
      },
      videos: provided(3, `${page}: seedance-2-mini, up to 3 reference videos`),
      audios: provided(3, `${page}: seedance-2-mini, up to 3 reference audios`),
    },
  },
  ratios: provided(["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"], `${page}: aspect_ratio; ${newer} adds adaptive`),
  modes: ["text", "first_frame", "first_last_frame", "reference"],
  images: provided({ frames: true, references: 9 }, `${page}: reference image limit`),
  videos: provided(null, `${page}: depends on the routed channel`),
  audios: provided(null, `${page}: depends on the routed channel`),
  inline: documented(
    { frames: true, referenceImages: true, videos: false, audios: true },
    `${newer}: data URIs for images and audios`,
  ),
  assets: provided(true, `${page}: asset://<ASSET_ID>`),
  seed: inferred([-1, 4_294_967_295], "the page names no range; the range of Volcengine Ark"),
  offers: { generateAudio: true, watermark: false, webSearch: true, returnLastFrame: true, safetyCheck: false },
  requestsPerMinute: documented(300, "docs.toapis.com rate limits: submits, per user"),
  queriesPerMinute: documented(3_000, "docs.toapis.com rate limits: queries, per user"),
  inFlight: null,
  chargesFailures: documented(false, "docs.toapis.com task-webhooks: generation.failed comes after the refund"),
  callback: documented({ signed: true, httpsOnly: true, needsSecret: true }, "docs.toapis.com task-webhooks"),
  cancel: false,
  uploads: documented(["bytes", "url"], "docs.toapis.com uploads and private-avatar"),
  statuses: provided(
    { submitted: "queued", queued: "queued", in_progress: "running", completed: "succeeded", failed: "failed" },
    `${page}: status; submitted DOCUMENTED in an English table of ${statusPage}`,
  ),
  switches: {
    miniAsTheOthers:
      "Follow the newer page: seedance-2.0-mini has frames, return_last_frame, generate_audio and every whole second from 4 to 15.",
    adaptiveRatio: "Follow the newer page: the ratio may be adaptive.",
    privateAssetReview:
      "Have media reviewed for the private asset library before their use (private_asset_review); asset ids are then refused.",
  },
  quietMs: inferred(300_000, "assumption A1: no document says how late a POST may take effect"),
  longestRunMs: inferred(7_200_000, "no limit is documented; a review round alone takes up to 20 min"),
  resultsForMs: inferred(86_400_000, `${statusPage}: URLs for 24 h; no document says how long a task can be read`),
  typicalRunMs: documented(180_000, `${statusPage}: 1 to 5 minutes`),
} as const satisfies Capabilities;

/** Whether the model is mini and the account follows the page, not the newer page. */
export function asMini(model: string, switches: Readonly<Record<string, boolean>>): boolean {
  const { lacks } = capabilities.models["seedance-2.0-mini"];
  return model === "seedance-2.0-mini" && !switches[lacks.unless];
}
