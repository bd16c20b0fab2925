import { z } from "zod";

/** A URL, an asset, or Base64 in one of the formats, below a size. */
const file = (inline: RegExp, maxMegabytes: number, example: string) =>
  z.string().refine((url) => {
    if (/^(https?|asset):\/\/./i.test(url)) return true;
    return inline.test(url) && (url.length - url.indexOf(",")) * 0.75 < maxMegabytes * 1_000_000;
  }, `must be a URL, ${example};base64,… below ${maxMegabytes} MB or asset://<id>`);

/** DOCUMENTED: a URL, or a data URI with a lower-case format. INFERRED from resellers: an asset. */
const image = file(/^data:image\/(jpeg|png|webp|bmp|tiff|gif|heic|heif);base64,/, 30, "data:image/<format>");
/** DOCUMENTED in the newer copy of the page: also Base64 of wav and mp3. */
const audio = file(/^data:audio\/(x-)?(wav|wave|vnd\.wave|mp3|mpeg|mpeg3);base64,/, 15, "data:audio/<format>");
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
type Part = z.output<typeof part>;

/** The first violation of the rules for combining parts. DOCUMENTED: three mutually exclusive modes with maximum counts. */
export function contentProblem(content: readonly Part[]): string | undefined {
  const text = content.some((part) => part.type === "text" && part.text.trim() !== "");
  const roles = rolesOf(content);
  if (roles === undefined) return "role must be specified for image contents";
  const count = (role: string) => roles.filter((each) => each === role).length;
  const frames = count("first_frame") + count("last_frame");
  if (!text && roles.length === 0) return "text is required where nothing else is given";
  for (const role of ["first_frame", "last_frame"]) {
    const words = role.replace("_", " ");
    if (count(role) > 1) return `expected at most one ${words} image content but got ${count(role)} instead`;
  }
  if (count("last_frame") > count("first_frame")) return "last frame needs a first frame";
  if (frames > 0 && frames < roles.length)
    return "first/last frame content cannot be mixed with reference media content";
  if (count("reference_image") > 9) return "at most 9 reference images";
  if (count("reference_video") > 3) return "at most 3 reference videos";
  if (count("reference_audio") > 3) return "at most 3 reference audios";
  if (roles.length > 0 && count("reference_audio") === roles.length) return "audio needs a reference image or video";
  return undefined;
}

/** The role of every file; a single image needs none. Undefined if one of several images has no role. */
function rolesOf(content: readonly Part[]): string[] | undefined {
  const files = content.filter((part) => part.type !== "text");
  const images = files.filter(({ type }) => type === "image_url");
  if (images.length > 1 && images.some(({ role }) => role === undefined)) return undefined;
  return files.map(({ role }) => role ?? "first_frame");
}
