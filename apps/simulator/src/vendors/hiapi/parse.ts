import { z } from "zod";
import type { Order } from "../../task.ts";
import type { ParseContext } from "../../vendor.ts";
import { orderFor, parserOf, type Violation } from "../requests.ts";

// DOCUMENTED: a frame is a public URL, a data URI or asset://<id>. References: URL (PROVIDED) or asset://<id> (DOCUMENTED).
// No page mentions data URIs for references: only `strict` refuses them.
const media = z.string().regex(/^(https?:\/\/|data:|asset:\/\/)./i, "must be a URL, a data URI or asset://<id>");
const routes = ["default", "ext", "pro"] as const;

const inputSchema = z.object({
  // H-V1, PROVIDED
  prompt: z.string().refine(lengthAllowed, "must have 3 to 20000 characters"),
  // H-V2, PROVIDED: marked required, but with a default; the vendor's skill lists it as optional (DOCUMENTED).
  aspect_ratio: z.enum(["1:1", "4:3", "3:4", "16:9", "9:16", "21:9", "adaptive"]).default("16:9"),
  // H-V3, PROVIDED
  duration: z.int().min(4).max(15).default(5),
  resolution: z.enum(["480p", "720p", "1080p"]).default("720p"),
  first_frame_url: media.optional(),
  last_frame_url: media.optional(),
  reference_image_urls: z.array(media).default([]),
  // H-V5, PROVIDED
  reference_video_urls: z.array(media).max(3).default([]),
  reference_audio_urls: z.array(media).max(3).default([]),
  return_last_frame: z.boolean().default(false),
  generate_audio: z.boolean().default(true),
  web_search: z.boolean().optional(),
  nsfw_checker: z.boolean().default(false),
  // H-V6, PROVIDED
  seed: z.int().min(0).max(2_147_483_647).optional(),
  // H-V7, DOCUMENTED
  callback: z.undefined("belongs at the top level, not inside input").optional(),
});

const bodySchema = z.object({
  model: z.string(),
  input: inputSchema,
  // H-V7, PROVIDED
  callback: z.object({ url: z.string(), when: z.literal("final").default("final") }).optional(),
  // DOCUMENTED: the refusal of an unknown route lists the routes.
  route: z.enum(routes, `unknown route, available routes: ${routes.join(", ")}`).optional(),
  storage: z.enum(["temp", "persistent"]).default("temp"),
});

type Body = z.output<typeof bodySchema>;

/** Validates by HiAPI's page; `strict` adds the rules of other pages and of the original. */
export const parseCreate = parserOf(bodySchema, { rules: [modelProblem, mediaProblem, callbackProblem], orderOf });

function modelProblem({ model }: Body): Violation | undefined {
  return model === "seedance-2-0" ? undefined : { kind: "unknown-model", problem: `model ${model} is not available` };
}

function orderOf({ model, input, callback, route, storage }: Body): Order {
  const { prompt, duration: seconds, resolution, aspect_ratio: ratio, seed } = input;
  const { first_frame_url: firstFrame, last_frame_url: lastFrame, reference_image_urls: images } = input;
  const { reference_video_urls: videos, reference_audio_urls: audios } = input;
  const media = { firstFrame, lastFrame, images, videos, audios };
  const { generate_audio: generateAudio, web_search: webSearch } = input;
  const { return_last_frame: returnLastFrame, nsfw_checker: safetyCheck } = input;
  const flags = { generateAudio, webSearch, returnLastFrame, safetyCheck };
  return {
    ...orderFor({ prompt, seconds, resolution, ratio, media, seed, ...flags }),
    model,
    microUsd: inventedMicroUsdPerSecond[resolution] * seconds,
    callbackUrl: callback?.url,
    echo: { storage, route },
  };
}

/** INVENTED amounts; the vendor prices by second and resolution. */
const inventedMicroUsdPerSecond = { "480p": 60_000, "720p": 130_000, "1080p": 320_000 };

function mediaProblem({ input }: Body, context: ParseContext): string | undefined {
  const frames = [input.first_frame_url, input.last_frame_url].filter((url) => url !== undefined).length;
  const images = input.reference_image_urls.length;
  const clips = input.reference_video_urls.length + input.reference_audio_urls.length;
  // H-V4, PROVIDED
  if (frames + images > 9) return "input.reference_image_urls: at most 9 together with first and last frame";
  // H-V8, DOCUMENTED
  if (input.last_frame_url && !input.first_frame_url) return "input.last_frame_url: needs first_frame_url";
  if (context.reading === "seed") return undefined;
  // H-V14, INFERRED: no page mentions it.
  const references = [input.reference_image_urls, input.reference_video_urls, input.reference_audio_urls].flat();
  if (references.some((url) => /^data:/i.test(url))) return "input: references must be URLs or asset://<id>";
  // H-V9, DOCUMENTED on a page other than the seed; it contradicts the seed's count rule.
  if (frames > 0 && images + clips > 0) return "input: frames and references exclude each other";
  // H-V13, INFERRED from the original.
  if (input.reference_audio_urls.length > 0 && images + input.reference_video_urls.length === 0) {
    return "input.reference_audio_urls: needs a reference image or video";
  }
  return undefined;
}

function callbackProblem({ callback }: Body, context: ParseContext): string | undefined {
  if (callback === undefined || context.callbackUrlAllowed(callback.url)) return undefined;
  return "callback.url: must be an https URL";
}

function lengthAllowed(prompt: string): boolean {
  const characters = [...prompt].length;
  return characters >= 3 && characters <= 20_000;
}
