import type { GenerationRequest } from "@reelqueue/contracts";
import type { Capabilities } from "../capabilities.ts";
import { acceptsInline, declaredFormat, formOf, type Medium, mediaOf, needsUpload } from "./media.ts";
import { breachIf, type ValidationRule } from "./validation.ts";

/** Rules that several providers share, each with the numbers of its capability table. */

type Named = Pick<ValidationRule, "id" | "label" | "source">;

export function secondsInRange(named: Named, { models }: Capabilities): ValidationRule {
  return {
    ...named,
    test({ model, seconds }) {
      const [min, max] = models[model]?.seconds.value ?? [1, Number.POSITIVE_INFINITY];
      const broken = seconds !== "auto" && !(Number.isInteger(seconds) && seconds >= min && seconds <= max);
      return breachIf(broken, "seconds", seconds, `whole seconds, ${min} to ${max}`);
    },
  };
}

/** Some model of the provider must have the resolution. */
export function resolutionOffered(named: Named, { models }: Capabilities): ValidationRule {
  const all = [...new Set(Object.values(models).flatMap(({ resolutions }) => resolutions.value))];
  return {
    ...named,
    test: ({ resolution }) => breachIf(!all.includes(resolution), "resolution", resolution, all.join(", ")),
  };
}

/** The model must have the resolution, if another model of the provider has it. */
export function resolutionOfModel(named: Named, { models }: Capabilities): ValidationRule {
  return {
    ...named,
    test({ model, resolution }) {
      const own = models[model]?.resolutions.value;
      const elsewhere = Object.values(models).some(({ resolutions }) => resolutions.value.includes(resolution));
      const broken = own !== undefined && elsewhere && !own.includes(resolution);
      return breachIf(broken, "resolution", resolution, `${own?.join(", ")} with ${model}`);
    },
  };
}

export function ratioOffered(named: Named, { ratios }: Capabilities): ValidationRule {
  return {
    ...named,
    test({ ratio }) {
      const broken = ratio !== undefined && !ratios.value.includes(ratio);
      return breachIf(broken, "ratio", ratio, ratios.value.join(", "));
    },
  };
}

export function seedInRange(named: Named, range: readonly [min: number, max: number]): ValidationRule {
  const [min, max] = range;
  return {
    ...named,
    test({ seed }) {
      const broken = seed !== undefined && !(Number.isInteger(seed) && seed >= min && seed <= max);
      return breachIf(broken, "seed", seed, `${min} to ${max}, or left out for a random one`);
    },
  };
}

/** Limits the number of items of one list. */
export function atMost(named: Named, field: "images" | "videos" | "audios", most: number): ValidationRule {
  return {
    ...named,
    test(request) {
      const count = field === "images" ? referenceImages(request) : request[field].length;
      return breachIf(
        count > most,
        field,
        `${count}`,
        `at most ${most}${field === "images" ? " reference images" : ""}`,
      );
    },
  };
}

export function lastFrameNeedsFirst(named: Named): ValidationRule {
  return {
    ...named,
    test: (request) =>
      breachIf(
        has(request, "last_frame") && !has(request, "first_frame"),
        "images",
        "last_frame",
        "a first_frame with it",
      ),
  };
}

/** `when`: whether the account's switches activate the rule. */
export function framesBesideReferences(
  named: Named,
  when: (switches: Readonly<Record<string, boolean>>) => boolean,
): ValidationRule {
  return {
    ...named,
    test(request, { switches }) {
      const frames = has(request, "first_frame") || has(request, "last_frame");
      const broken = frames && hasReferences(request) && when(switches);
      return breachIf(broken, "images", "frames and references", "first and last frames, or references");
    },
  };
}

export function audioNeedsPicture(named: Named): ValidationRule {
  return {
    ...named,
    test(request) {
      const alone = request.audios.length > 0 && request.videos.length === 0 && referenceImages(request) === 0;
      return breachIf(alone, "audios", "audio only", "a reference image or video with it");
    },
  };
}

/** Refuses inline media, and stored media that cannot be uploaded, where the provider accepts only a URL. */
export function notInline(named: Named, capabilities: Capabilities): ValidationRule {
  const { title } = capabilities;
  return {
    ...named,
    test: (request) =>
      mediaOf(request).flatMap((medium) => {
        const { field, kind, url } = medium;
        const isInline = formOf(url) === "data" || (formOf(url) === "stored" && !needsUpload(capabilities, medium));
        const broken = isInline && !acceptsInline(capabilities, kind);
        return breachIf(broken, field, url, `a URL: ${title} accepts no inline ${kind}s here`);
      }),
  };
}

/** The media type of a data URI must match its field. */
export function inlineOfItsKind(named: Named): ValidationRule {
  return {
    ...named,
    test: (request) =>
      mediaOf(request).flatMap(({ field, kind, url }) => {
        const family = kind === "frame" ? "image" : kind;
        const isOther = formOf(url) === "data" && !url.toLowerCase().startsWith(`data:${family}/`);
        return breachIf(isOther, field, url, `data:${family}/…`);
      }),
  };
}

/** Requires a prompt, unless `isOptional`. */
export function promptNeeded(
  named: Named,
  isOptional: (request: GenerationRequest) => boolean,
  allowed: string,
): ValidationRule {
  return {
    ...named,
    test(request) {
      const isBlank = (request.prompt ?? "").trim() === "";
      return breachIf(isBlank && !isOptional(request), "prompt", request.prompt ?? "", allowed);
    },
  };
}

/** The recommended prompt length in every document of the family. */
export function promptAdvice(named: Named): ValidationRule {
  return {
    ...named,
    severity: "warning",
    test({ prompt = "" }) {
      const han = prompt.match(/\p{Script=Han}/gu)?.length ?? 0;
      const words = prompt.match(/[\p{L}\p{N}'’-]+/gu)?.length ?? 0;
      const given = `${han} Chinese characters, ${words} words`;
      return breachIf(
        han > 500 || words > 1_000,
        "prompt",
        given,
        "recommended: 500 Chinese characters or 1,000 words",
      );
    },
  };
}

/** Checks the format that a data URI or a stored medium declares; the format of a file on the web is unknown. */
export function declaredFormats(named: Named, kind: Medium["kind"], formats: readonly string[]): ValidationRule {
  return {
    ...named,
    test: (request) =>
      mediaOf(request).flatMap(({ field, kind: given, url }) => {
        const format = given === kind ? declaredFormat(url) : undefined;
        return breachIf(format !== undefined && !formats.includes(format), field, format, formats.join(", "));
      }),
  };
}

export function hasReferences(request: GenerationRequest): boolean {
  return referenceImages(request) + request.videos.length + request.audios.length > 0;
}

export function referenceImages({ images }: GenerationRequest): number {
  return images.filter(({ role }) => role === "reference").length;
}

export function has({ images }: GenerationRequest, role: "first_frame" | "last_frame"): boolean {
  return images.some((image) => image.role === role);
}
