import { z } from "zod";
import type { Order } from "../../task.ts";
import type { ParseContext } from "../../vendor.ts";
import { orderFor, parserOf, type Violation } from "../requests.ts";
import { tokensOf, videoInputSeconds } from "../usage.ts";

/** X-V1, PROVIDED: the models, and which of them need a reference video. INVENTED: the prices; none is published. */
const models: ReadonlyMap<string, { needsVideo: boolean; microUsdPerSecond: number }> = new Map([
  ["seedance_2_0", { needsVideo: true, microUsdPerSecond: 60_000 }],
  ["seedance_2_0_fast", { needsVideo: true, microUsdPerSecond: 45_000 }],
  ["seedance_2_0_pro", { needsVideo: false, microUsdPerSecond: 110_000 }],
  ["seedance_2_0_fast_pro", { needsVideo: false, microUsdPerSecond: 85_000 }],
]);

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
export const parseCreate = parserOf(bodySchema, { rules: [problemOf], orderOf });

function orderOf(body: Body): Order {
  const model = models.get(body.model);
  if (!model) throw new Error(`no price for ${body.model}`);
  const { prompt, duration: seconds, aspect_ratio, generateAudio, referenceImages: images = [] } = body;
  const { first_image: firstFrame, last_image: lastFrame, referenceVideos: videos, referenceAudios: audios } = body;
  const media = { firstFrame, lastFrame, images, videos, audios };
  // INFERRED: no field for it, and the token counts of public samples are those of 720p.
  const resolution = "720p";
  // INVENTED: the ratio of adaptive.
  const ratio = aspect_ratio === "adaptive" ? "16:9" : aspect_ratio;
  return {
    ...orderFor({ prompt, seconds, resolution, ratio: aspect_ratio, media, generateAudio }),
    model: body.model,
    ratio,
    microUsd: model.microUsdPerSecond * seconds,
    tokens: tokensOf(resolution, ratio, seconds + videoInputSeconds(videos)),
  };
}

function problemOf(body: Body, context: ParseContext): Violation | string | undefined {
  const model = models.get(body.model);
  if (!model) return { kind: "unknown-model", problem: `model: ${body.model} does not exist` };
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
