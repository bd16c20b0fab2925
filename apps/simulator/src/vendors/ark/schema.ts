import { z } from "zod";

export type Variant = "standard" | "fast" | "mini";

/** DOCUMENTED: the Chinese and the international names. */
export const variants: Readonly<Record<string, Variant>> = {
  "doubao-seedance-2-0-260128": "standard",
  "doubao-seedance-2-0-fast-260128": "fast",
  "doubao-seedance-2-0-mini-260615": "mini",
  "dreamina-seedance-2-0-260128": "standard",
  "dreamina-seedance-2-0-fast-260128": "fast",
  "dreamina-seedance-2-0-mini-260615": "mini",
};

const maxImageBytes = 30_000_000;
const formats = /^data:image\/(jpeg|png|webp|bmp|tiff|gif|heic|heif);base64,/;

/** DOCUMENTED: a URL, or a data URI with a lower-case format. INFERRED from resellers: an asset. */
const image = z.string().refine((url) => {
  if (/^(https?|asset):\/\/./i.test(url)) return true;
  return formats.test(url) && (url.length - url.indexOf(",")) * 0.75 < maxImageBytes;
}, "must be a URL, data:image/<format>;base64,… below 30 MB or asset://<id>");
const maxAudioBytes = 15_000_000;
const sounds = /^data:audio\/(x-)?(wav|wave|vnd\.wave|mp3|mpeg|mpeg3);base64,/;

/** DOCUMENTED in the newer copy of the page: also Base64 of wav and mp3. */
const audio = z.string().refine((url) => {
  if (/^(https?|asset):\/\/./i.test(url)) return true;
  return sounds.test(url) && (url.length - url.indexOf(",")) * 0.75 < maxAudioBytes;
}, "must be a URL, data:audio/<format>;base64,… below 15 MB or asset://<id>");
/** DOCUMENTED. */
const url = z.string().regex(/^(https?|asset):\/\/./i, "must be a URL or asset://<id>");

const part = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({
    type: z.literal("image_url"),
    image_url: z.object({ url: image }),
    // DOCUMENTED: beside image_url, not inside; optional for a single image.
    role: z.enum(["first_frame", "last_frame", "reference_image"]).optional(),
  }),
  z.object({ type: z.literal("video_url"), video_url: z.object({ url }), role: z.literal("reference_video") }),
  z.object({ type: z.literal("audio_url"), audio_url: z.object({ url: audio }), role: z.literal("reference_audio") }),
]);

/** The fields of a create body. */
export const bodySchema = z.object({
  model: z.string(),
  content: z.array(part).min(1),
  resolution: z.enum(["480p", "720p", "1080p", "4k"]).default("720p"),
  ratio: z.enum(["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"]).default("adaptive"),
  duration: z.union([z.literal(-1), z.int().min(4).max(15)], "must be -1, or 4 to 15").default(5),
  seed: z.int().min(-1).max(4_294_967_295).default(-1),
  generate_audio: z.boolean().default(true),
  watermark: z.boolean().default(false),
  return_last_frame: z.boolean().default(false),
  callback_url: z.string().optional(),
  tools: z.array(z.object({ type: z.literal("web_search") })).default([]),
  priority: z.int().min(0).max(9).optional(),
  execution_expires_after: z.int().min(3_600).max(259_200).default(172_800),
  safety_identifier: z.string().optional(),
  // DOCUMENTED: flex is not offered for this model family.
  service_tier: z.literal("default").default("default"),
});

export type Body = z.output<typeof bodySchema>;
export type Part = z.output<typeof part>;
