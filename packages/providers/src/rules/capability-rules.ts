import type { Capabilities } from "../capabilities.ts";
import { formOf, mediaOf } from "./media.ts";
import { breachIf, type ValidationRule } from "./validation.ts";

/** The rules that follow from a provider's capability table. */
export function capabilityRules(capabilities: Capabilities): ValidationRule[] {
  return rules.flatMap((rule) => rule(capabilities) ?? []);
}

/** Each returns undefined if the rule does not apply to the provider. */
const rules: readonly ((capabilities: Capabilities) => ValidationRule | undefined)[] = [
  model,
  automaticSeconds,
  features,
  reachableMedia,
  assetIds,
  oneFrameEach,
  imageNumbers,
  noSeed,
];

function model({ title, models }: Capabilities): ValidationRule {
  const offered = Object.keys(models).join(", ");
  return {
    id: "G-V1",
    label: "PROVIDED",
    source: `models of ${title}`,
    test: ({ model }) => breachIf(!Object.hasOwn(models, model), "model", model, offered),
  };
}

function automaticSeconds({ title, models }: Capabilities): ValidationRule | undefined {
  if (Object.values(models).every(({ automaticSeconds: offer }) => offer.value)) return undefined;
  return {
    id: "G-V2",
    label: "PROVIDED",
    source: `duration of ${title}`,
    test({ model, seconds }) {
      const offer = models[model];
      const [min, max] = offer?.seconds.value ?? [];
      const broken = offer !== undefined && seconds === "auto" && !offer.automaticSeconds.value;
      return breachIf(broken, "seconds", seconds, `${min} to ${max}`);
    },
  };
}

function features({ title, offers }: Capabilities): ValidationRule {
  const names = Object.keys(offers) as (keyof typeof offers)[];
  return {
    id: "G-V3",
    label: "PROVIDED",
    source: `parameters of ${title}`,
    test: (request) =>
      names.flatMap((name) =>
        breachIf(request[name] === true && !offers[name], name, true, `left out or false: ${title} does not offer it`),
      ),
  };
}

function reachableMedia({ title }: Capabilities): ValidationRule {
  const allowed = "an http(s) URL, a base64 data URI, a stored medium or an asset id";
  return {
    id: "G-V4",
    label: "PROVIDED",
    source: `media of ${title}`,
    test: (request) =>
      mediaOf(request).flatMap(({ field, url }) => breachIf(formOf(url) === "other", field, url, allowed)),
  };
}

function assetIds({ title, assets }: Capabilities): ValidationRule | undefined {
  if (assets.value) return undefined;
  return {
    id: "G-V5",
    label: assets.label,
    source: assets.source,
    test: (request) =>
      mediaOf(request).flatMap(({ field, url }) => {
        return breachIf(formOf(url) === "asset", field, url, `no asset ids: ${title} documents none`);
      }),
  };
}

function oneFrameEach({ title }: Capabilities): ValidationRule {
  return {
    id: "G-V6",
    label: "PROVIDED",
    source: `first and last frame of ${title}: one each`,
    test: ({ images }) =>
      images.flatMap(({ role }, at) => {
        const earlier = images.slice(0, at).some((image) => image.role === role);
        return breachIf(role !== "reference" && earlier, `images[${at}].role`, role, `one ${role} only`);
      }),
  };
}

function imageNumbers({ title }: Capabilities): ValidationRule {
  return {
    id: "G-V7",
    label: "INFERRED",
    source: `“[Image 1]xxx, [Image 2]xxx” in the prompt (${title})`,
    test({ prompt = "", images }) {
      const count = images.filter(({ role }) => role === "reference").length;
      const beyond = [...prompt.matchAll(/\[Image\s*(\d{1,4})\]/gi)].filter(
        ([, n]) => Number(n) > count || Number(n) < 1,
      );
      return beyond.flatMap(([tag]) =>
        breachIf(true, "prompt", tag, `[Image 1] to [Image ${count}], the number of reference images`),
      );
    },
  };
}

function noSeed({ title, seed }: Capabilities): ValidationRule | undefined {
  if (seed !== null) return undefined;
  return {
    id: "G-V8",
    label: "PROVIDED",
    source: `parameters of ${title}`,
    test: ({ seed: given }) => breachIf(given !== undefined, "seed", given, `left out: ${title} accepts no seed`),
  };
}
