import { clipSeconds, type FileRule } from "../rules/file-rules.ts";
import {
  atMost,
  audioNeedsPicture,
  framesBesideReferences,
  has,
  lastFrameNeedsFirst,
  notInline,
  ratioOffered,
  referenceImages,
  resolutionOffered,
  secondsInRange,
  seedInRange,
} from "../rules/request-rules.ts";
import { breachIf, type ValidationRule } from "../rules/validation.ts";
import { capabilities } from "./capabilities.ts";

const source = "HiAPI, Seedance 2.0 page";
const skill = "the vendor's skill, SKILL.md";
const provided = (id: string) => ({ id, label: "PROVIDED", source }) as const;
const most = capabilities.images.value.total;

/** The rules of the page that a request alone can break. The size of the body (H-V12) is checked by `postCreate`. */
export const rules: readonly ValidationRule[] = [
  {
    ...provided("H-V1"),
    test({ prompt = "" }) {
      const length = codePoints(prompt);
      return breachIf(length < 3 || length > 20_000, "prompt", `${length} characters`, "3 to 20,000 characters");
    },
  },
  ratioOffered(provided("H-V2"), capabilities),
  secondsInRange(provided("H-V3"), capabilities),
  resolutionOffered(provided("H-V3"), capabilities),
  {
    ...provided("H-V4"),
    test(request) {
      const count = referenceImages(request) + Number(has(request, "first_frame")) + Number(has(request, "last_frame"));
      return breachIf(count > most, "images", `${count}`, `at most ${most}, frames and references together`);
    },
  },
  atMost(provided("H-V5"), "videos", capabilities.videos.value),
  atMost(provided("H-V5"), "audios", capabilities.audios.value),
  seedInRange(provided("H-V6"), capabilities.seed.value),
  lastFrameNeedsFirst({ id: "H-V8", label: "DOCUMENTED", source: skill }),
  framesBesideReferences(
    { id: "H-V9", label: "DOCUMENTED", source: skill },
    ({ framesBesideReferencesRefused = false }) => framesBesideReferencesRefused,
  ),
  audioNeedsPicture({ id: "H-V13", label: "INFERRED", source: "a rule of Volcengine Ark" }),
  notInline(
    {
      id: "H-V14",
      label: "INFERRED",
      source: `${skill} allows data URIs for frames and does not mention references`,
    },
    capabilities,
  ),
];

/** The number of code points: a surrogate pair counts as one character. */
function codePoints(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}

const documented = (id: string) => ({ id, label: "DOCUMENTED", source: "the vendor's skill, SKILL.md" }) as const;

/** The rules about files; no document names formats, pixels or sizes. */
export const fileRules: readonly FileRule[] = [
  { ...documented("H-V10"), of: ["video"], limits: clipSeconds },
  { ...documented("H-V10"), of: ["audio"], limits: clipSeconds },
];
