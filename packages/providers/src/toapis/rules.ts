import type { GenerationRequest } from "@reelqueue/contracts";
import { audioLimits, videoLimits } from "../ark/rules.ts";
import type { Reading } from "../capabilities.ts";
import { type FileRule, megabytes } from "../rules/file-rules.ts";
import { formOf, type Medium, mediaOf } from "../rules/media.ts";
import {
  atMost,
  audioNeedsPicture,
  framesBesideReferences,
  has,
  hasReferences,
  inlineOfItsKind,
  lastFrameNeedsFirst,
  notInline,
  promptAdvice,
  promptNeeded,
  resolutionOffered,
  resolutionOfModel,
  secondsInRange,
  seedInRange,
} from "../rules/request-rules.ts";
import { type Breach, breachIf, type ValidationRule } from "../rules/validation.ts";
import { asMini, capabilities } from "./capabilities.ts";

const provided = (id: string, what: string) =>
  ({ id, label: "PROVIDED", source: `ToAPIs, seedance-2 page: ${what}` }) as const;
const documented = (id: string, what: string) =>
  ({ id, label: "DOCUMENTED", source: `the vendor's newer seedance-2 page: ${what}` }) as const;
const review = (id: string) => ({ id, label: "DOCUMENTED", source: "docs.toapis.com private-assets" }) as const;
const mini = capabilities.models["seedance-2.0-mini"];

/** The rules of the pages that a request alone can break. T-V15, the state of an asset, is known to ToAPIs only. */
export const rules: readonly ValidationRule[] = [
  secondsInRange(provided("T-V2", "duration"), capabilities),
  {
    ...provided("T-V3", "the table of capabilities; the rules above it say 4-15: the wider range is accepted"),
    severity: "warning",
    test({ model, seconds }, { switches }) {
      const isOdd = seconds !== "auto" && seconds >= 4 && seconds <= 15 && ![4, 8, 10, 12, 15].includes(seconds);
      return breachIf(asMini(model, switches) && isOdd, "seconds", seconds, "4, 8, 10, 12 or 15 with mini");
    },
  },
  resolutionOffered(provided("T-V4", "resolution"), capabilities),
  resolutionOfModel(provided("T-V4", "resolution"), capabilities),
  {
    ...provided("T-V5", "aspect_ratio"),
    test({ ratio }, { switches: { adaptiveRatio = false } }) {
      const offered: readonly string[] = [...capabilities.ratios.value, ...(adaptiveRatio ? ["adaptive"] : [])];
      return breachIf(ratio !== undefined && !offered.includes(ratio), "ratio", ratio, offered.join(", "));
    },
  },
  atMost(provided("T-V7", "reference image limit"), "images", capabilities.images.value.references),
  lastFrameNeedsFirst({ id: "T-V7", label: "INFERRED", source: "the input combinations that the page lists" }),
  framesBesideReferences(documented("T-V8", "three modes that exclude each other"), () => true),
  { ...provided("T-V9", "seedance-2-mini"), test: (request, { switches }) => beyondMini(request, switches) },
  {
    ...provided("T-V9b", "seedance-2-mini does not expose generate_audio: not sent"),
    severity: "warning",
    test: ({ model, generateAudio }, { switches }) =>
      breachIf(asMini(model, switches) && generateAudio === false, "generateAudio", false, "left out with mini"),
  },
  { ...provided("T-V10", "up to 3 with mini"), test: tooManyForMini },
  audioNeedsPicture(documented("T-V12", "audio_with_roles")),
  {
    ...documented("T-V13", "tools, for pure text-to-video"),
    test(request) {
      const count = mediaOf(request).length;
      return breachIf(request.webSearch === true && count > 0, "webSearch", true, "left out beside media");
    },
  },
  notInline(documented("T-V14", "video_with_roles"), capabilities),
  inlineOfItsKind(documented("T-V14", "data:image/… for images, data:audio/… for audios")),
  {
    ...review("T-V16"),
    test: (request, { switches }) =>
      reviewed(
        request,
        switches,
        ({ url }) => formOf(url) === "asset",
        "a URL: with privateAssetReview, asset ids are refused",
      ),
  },
  {
    ...review("T-V16b"),
    test: (request, { switches }) =>
      reviewed(
        request,
        switches,
        isUnreviewable,
        "a URL of at most 2,048 bytes, without user name and password; an image may be Base64",
      ),
  },
  promptNeeded(
    provided("T-V18", "input combinations, text only is text-to-video"),
    (request) => has(request, "first_frame") || hasReferences(request),
    "a prompt, a first frame or a reference",
  ),
  promptAdvice(documented("T-V19", "prompt")),
  seedInRange({ id: "T-V20", label: "INFERRED", source: capabilities.seed.source }, capabilities.seed.value),
];

function beyondMini(
  { model, images, generateAudio, returnLastFrame }: GenerationRequest,
  switches: Reading["switches"],
) {
  if (!asMini(model, switches)) return [];
  const frames = images.flatMap(({ role }, at) =>
    breachIf(role !== "reference", `images[${at}].role`, role, "references only with mini"),
  );
  return [
    ...frames,
    ...breachIf(returnLastFrame === true, "returnLastFrame", true, "left out with mini"),
    ...breachIf(generateAudio === true, "generateAudio", true, "left out with mini: not exposed"),
  ];
}

/** The limits of the other models depend on the routed channel and are not checked. */
function tooManyForMini({ model, videos, audios }: GenerationRequest): Breach[] {
  if (model !== "seedance-2.0-mini") return [];
  return [
    ...breachIf(videos.length > mini.videos.value, "videos", `${videos.length}`, `at most ${mini.videos.value}`),
    ...breachIf(audios.length > mini.audios.value, "audios", `${audios.length}`, `at most ${mini.audios.value}`),
  ];
}

function reviewed(
  request: GenerationRequest,
  { privateAssetReview = false }: Reading["switches"],
  isBad: (medium: Medium) => boolean,
  allowed: string,
): Breach[] {
  if (!privateAssetReview) return [];
  return mediaOf(request).flatMap((medium) => breachIf(isBad(medium), medium.field, medium.url, allowed));
}

function isUnreviewable({ url, kind }: Medium): boolean {
  if (formOf(url) !== "web") return kind === "audio" && formOf(url) !== "asset";
  const { username = "", password = "" } = URL.parse(url.trim()) ?? {};
  return Buffer.byteLength(url.trim()) > 2_048 || username !== "" || password !== "";
}

const fileReview = { ...review("T-V16c"), on: "privateAssetReview" } as const;
const asArk = { label: "INFERRED", source: "the page names no limits; the limits of Volcengine Ark" } as const;

/** The rules about files. */
export const fileRules: readonly FileRule[] = [
  { ...asArk, id: "T-V21", of: ["video"], limits: videoLimits },
  { ...asArk, id: "T-V22", of: ["audio"], limits: audioLimits },
  { ...fileReview, of: ["frame", "image"], limits: { bytes: { max: megabytes(20) } } },
  { ...fileReview, of: ["video", "audio"], limits: { bytes: { max: megabytes(100) } } },
];
