import { z } from "zod";
import type { Order } from "../../task.ts";
import type { ParseContext } from "../../vendor.ts";
import { orderFor, parserOf } from "../requests.ts";
import { videoInputSeconds } from "../usage.ts";
import { type Column, microUsd } from "./price.ts";

const megabyte = 1_000_000;
const imageTypes = /^image\/(jpeg|jpg|png|webp|bmp|tiff|gif)$/i;
const audioTypes = /^audio\/(wav|x-wav|wave|mpeg|mp3)$/i;

// J-V13 and J-V12, PROVIDED, only as far as the body shows: remote files are not fetched, pixels and seconds not read.
// PROVIDED: a URL or Base64; CONFLICT: Base64 with or without the prefix `data:…;base64,`.
const file = z.string().regex(/^(https?:\/\/.|data:[^,]*;base64,.|[\w+/]+={0,2}$)/i, "must be a URL or Base64");
const image = file.superRefine(inlineFile(imageTypes, 30 * megabyte));
const audio = file.superRefine(inlineFile(audioTypes, 15 * megabyte));
// J-V10, PROVIDED
const video = z.string().regex(/^https?:\/\/./i, "must be a URL");

const bodySchema = z.object({
  fast: z.boolean().default(false),
  prompt: z.string().default(""),
  image: image.optional(),
  last_image: image.optional(),
  // J-V8, PROVIDED
  reference_images: z.array(file).min(1).max(9).optional(),
  reference_videos: z.array(video).min(1).max(3).optional(),
  reference_audios: z.array(audio).min(1).max(3).optional(),
  // J-V6, PROVIDED
  ratio: z.enum(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"]).default("adaptive"),
  // J-V4, PROVIDED
  resolution: z.enum(["480p", "720p", "1080p"]).default("720p"),
  // J-V3, PROVIDED
  duration: z.int().min(4).max(15).default(5),
  // J-V7, PROVIDED
  seed: z.int().min(-1).max(4_294_967_295).optional(),
  generate_audio: z.boolean().default(true),
  watermark: z.boolean().default(false),
  web_search: z.boolean().optional(),
  return_last_frame: z.boolean().default(false),
});

type Body = z.output<typeof bodySchema>;

/** Validates by JieKou's page; `strict` adds the rules of the original. */
export const parseCreate = parserOf(bodySchema, { rules: [problemOf], orderOf });

function orderOf(body: Body): Order {
  const { prompt, duration: seconds, resolution, ratio, seed } = body;
  const { image: firstFrame, last_image: lastFrame, reference_images: images = [] } = body;
  const { reference_videos: videos = [], reference_audios: audios = [] } = body;
  const media = { firstFrame, lastFrame, images, videos, audios };
  const { generate_audio: generateAudio, watermark, web_search: webSearch, return_last_frame: returnLastFrame } = body;
  const flags = { generateAudio, watermark, webSearch, returnLastFrame };
  const videoInput = body.reference_videos && { seconds: videoInputSeconds(videos) };
  return {
    ...orderFor({ prompt, seconds, resolution, ratio, media, seed, ...flags }),
    model: body.fast ? "seedance-2.0-fast" : "seedance-2.0",
    microUsd: microUsd(columnOf(body), seconds, videoInput),
  };
}

function problemOf(body: Body, context: ParseContext): string | undefined {
  const frames = body.image !== undefined || body.last_image !== undefined;
  const references = [body.reference_images, body.reference_videos, body.reference_audios].some(Boolean);
  // J-V1, PROVIDED
  if (!frames && !references && body.prompt.trim() === "") return "prompt: required in text-to-video mode";
  // J-V2, PROVIDED
  if (body.last_image !== undefined && body.image === undefined) return "last_image: needs image";
  // J-V5, PROVIDED
  if (body.resolution === "1080p" && body.fast) return "resolution: 1080p needs fast=false";
  // J-V9, PROVIDED
  if (body.reference_audios && !body.reference_images && !body.reference_videos) {
    return "reference_audios: needs a reference image or video";
  }
  if (context.reading !== "strict") return undefined;
  // J-V13 for references, INFERRED from the original.
  if (!z.array(image).safeParse(body.reference_images ?? []).success) return "reference_images: not a supported image";
  // J-V14, INFERRED from the original.
  if (frames && references) return "image: frames and references exclude each other";
  return undefined;
}

/** There is no column for 1080p with `fast`; `problemOf` refuses that combination. */
function columnOf({ fast, resolution }: Body): Column {
  if (resolution === "1080p") return "2.0-1080p";
  return fast ? `fast-${resolution}` : `2.0-${resolution}`;
}

/** Checks format and size of a data URI; bare Base64 and URLs pass. */
function inlineFile(types: RegExp, maxBytes: number) {
  return (value: string, context: z.RefinementCtx<string>): void => {
    if (!value.startsWith("data:")) return;
    const comma = value.indexOf(",");
    const type = value.slice("data:".length, comma).split(";")[0] ?? "";
    if (comma < 0 || !types.test(type))
      context.addIssue({ code: "custom", message: `format ${type} is not supported` });
    if ((value.length - comma) * 0.75 > maxBytes) context.addIssue({ code: "custom", message: "file is too large" });
  };
}
