import { z } from "zod";
import { firstProblem } from "../../http.ts";
import type { NormalizedRequest } from "../../task.ts";
import type { ParseContext, ParsedCreate } from "../../vendor.ts";
import { tokensOf, videoInputSeconds } from "../usage.ts";

interface Model {
  /** PROVIDED: whether it needs a reference video. */
  needsVideo: boolean;
  /** INVENTED: no price is published. */
  microUsdPerSecond: number;
}

// X-V1, PROVIDED
const models: Readonly<Record<string, Model>> = {
  seedance_2_0: { needsVideo: true, microUsdPerSecond: 60_000 },
  seedance_2_0_fast: { needsVideo: true, microUsdPerSecond: 45_000 },
  seedance_2_0_pro: { needsVideo: false, microUsdPerSecond: 110_000 },
  seedance_2_0_fast_pro: { needsVideo: false, microUsdPerSecond: 85_000 },
};

// X-V12, PROVIDED: a URL or an asset; the content of files is not checked.
const media = z.string().regex(/^(https?|asset):\/\/./i, "must be a public URL or asset://<id>");

/** PROVIDED and DOCUMENTED: some names in camel case, some in snake case; names in the wrong case are ignored. */
const bodySchema = z.object({
  model: z.string(),
  // X-V3, DOCUMENTED
  prompt: z.string().refine((prompt) => prompt.trim() !== "", "must not be blank"),
  // X-V4, PROVIDED
  duration: z.int().min(4).max(15).default(5),
  // X-V5, PROVIDED
  aspect_ratio: z.enum(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"]).default("16:9"),
  generateAudio: z.boolean().default(true),
  first_image: media.optional(),
  last_image: media.optional(),
  // X-V8, PROVIDED
  referenceImages: z.array(media).min(1).max(9).optional(),
  referenceVideos: z.array(media).max(3).default([]),
  referenceAudios: z.array(media).max(3).default([]),
});

type Body = z.output<typeof bodySchema>;

/** Validates by Xingchao's page; `strict` adds the rules of the original. */
export function parseCreate(input: unknown, context: ParseContext): ParsedCreate {
  const parsed = bodySchema.safeParse(input);
  if (!parsed.success) return { ok: false, problem: firstProblem(parsed.error) };
  const body = parsed.data;
  const model = Object.hasOwn(models, body.model) ? models[body.model] : undefined;
  if (!model) return { ok: false, kind: "unknown-model", problem: `model: ${body.model} does not exist` };
  const problem = problemOf(body, model, context);
  if (problem) return { ok: false, problem };
  // INVENTED: the ratio of adaptive.
  const ratio = body.aspect_ratio === "adaptive" ? "16:9" : body.aspect_ratio;
  return {
    ok: true,
    order: {
      prompt: body.prompt,
      model: body.model,
      // INFERRED: no field for it, and the token counts of public samples are those of 720p.
      resolution: "720p",
      seconds: body.duration,
      ratio,
      returnLastFrame: false,
      microUsd: model.microUsdPerSecond * body.duration,
      request: normalize(body),
      tokens: tokensOf("720p", ratio, body.duration + videoInputSeconds(body.referenceVideos)),
    },
  };
}

function normalize(body: Body): NormalizedRequest {
  const { first_image: firstFrame, last_image: lastFrame, referenceImages: images = [] } = body;
  const { referenceVideos: videos, referenceAudios: audios } = body;
  return {
    prompt: body.prompt,
    seconds: body.duration,
    resolution: "720p",
    ratio: body.aspect_ratio,
    media: { firstFrame, lastFrame, images, videos, audios },
    generateAudio: body.generateAudio,
  };
}

function problemOf(body: Body, model: Model, context: ParseContext): string | undefined {
  const { first_image, last_image, referenceImages = [], referenceVideos, referenceAudios } = body;
  const frames = [first_image, last_image].filter((url) => url !== undefined);
  const references = [...referenceImages, ...referenceVideos, ...referenceAudios];
  // X-V2, PROVIDED
  if (model.needsVideo && referenceVideos.length === 0) return `referenceVideos: ${body.model} needs at least one`;
  // X-V6, PROVIDED
  if (last_image !== undefined && first_image === undefined) return "last_image: needs first_image";
  // X-V7, PROVIDED
  if (frames.length > 0 && references.length > 0) return "first_image: frames and references exclude each other";
  // X-V13, INFERRED from the original; the page does not forbid it.
  if (context.reading === "strict" && referenceAudios.length === references.length && references.length > 0) {
    return "referenceAudios: needs a reference image or video";
  }
  // DOCUMENTED: an asset must be Active first.
  const unusable = [...frames, ...references].find((url) => !isUsable(url, context));
  return unusable === undefined ? undefined : `${unusable} is not Active`;
}

function isUsable(url: string, context: ParseContext): boolean {
  const id = /^asset:\/\/(.+)$/i.exec(url)?.[1];
  return id === undefined || context.assetState(id) === "active";
}
