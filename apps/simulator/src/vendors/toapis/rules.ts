import { z } from "zod";
import type { Rule } from "../requests.ts";

const imageRoles = ["first_frame", "last_frame", "reference_image"] as const;
const clientId = z.string().optional();

/** The fields of a create body. */
export const bodySchema = z.object({
  // T-V1, PROVIDED. DOCUMENTED: marked required, but with this default.
  model: z.string().default("seedance-2"),
  prompt: z.string().default(""),
  client_business_id: clientId,
  // PROVIDED: also accepted here; the top level takes precedence.
  metadata: z.object({ client_business_id: clientId }).optional(),
  // T-V2, PROVIDED
  duration: z.int("must be an integer").optional(),
  aspect_ratio: z.string().optional(),
  image_urls: z.array(z.string().min(1)).default([]),
  // T-V6, PROVIDED
  image_with_roles: z.array(z.object({ url: z.string().min(1), role: z.enum(imageRoles) })).default([]),
  video_with_roles: z.array(z.object({ url: z.string().min(1), role: z.literal("reference_video") })).default([]),
  audio_with_roles: z.array(z.object({ url: z.string().min(1), role: z.literal("reference_audio") })).default([]),
  resolution: z.string().default("720p"),
  generate_audio: z.boolean().optional(),
  return_last_frame: z.boolean().optional(),
  tools: z.array(z.object({ type: z.literal("web_search") })).default([]),
  // UNKNOWN range: any integer.
  seed: z.int().optional(),
  callback_url: z.string().optional(),
  trace_id: z.string().optional(),
  // T-V16b, DOCUMENTED
  private_asset_review: z.boolean().default(false),
  media_mode: z.string().optional(),
  count: z.unknown().optional(),
  n: z.unknown().optional(),
});

export type Body = z.output<typeof bodySchema>;

/**
 * The models. T-V4, PROVIDED: the resolutions of each. DOCUMENTED: priced by the second; the amounts are INVENTED, in
 * micro-USD.
 */
const perSecond: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map([
  ["seedance-2", { "480p": 65_000, "720p": 140_000, "1080p": 350_000, "4k": 700_000 }],
  ["seedance-2-fast", { "480p": 52_000, "720p": 112_000 }],
  ["seedance-2-mini", { "480p": 32_000, "720p": 70_000 }],
]);

/** Micro-USD per second; undefined if the model does not offer the resolution. */
export function priceOf({ model, resolution }: Body): number | undefined {
  const prices = perSecond.get(model) ?? {};
  return Object.hasOwn(prices, resolution) ? prices[resolution] : undefined;
}

const ratios = ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"];
const miniSeconds = [4, 8, 10, 12, 15];

const model: Rule<Body> = ({ model }) => (perSecond.has(model) ? undefined : `model: ${model} does not exist`);

const resolution: Rule<Body> = (body) =>
  priceOf(body) === undefined ? `resolution: ${body.resolution} is not offered by ${body.model}` : undefined;

const duration: Rule<Body> = ({ model, duration: seconds }, { reading }) => {
  if (seconds === undefined) return undefined;
  const mini = model === "seedance-2-mini";
  // T-V2, PROVIDED
  if (seconds === 0 || seconds === -1) return mini ? "duration: automatic seconds are not offered by mini" : undefined;
  // T-V3, PROVIDED twice: the rules say 4 to 15, the capability table lists five values; the wider range applies.
  if (mini && reading === "strict" && !miniSeconds.includes(seconds)) return "duration: must be 4, 8, 10, 12 or 15";
  return seconds >= 4 && seconds <= 15 ? undefined : "duration: must be 4 to 15";
};

const ratio: Rule<Body> = ({ aspect_ratio }, { reading }) => {
  // T-V5, PROVIDED. DOCUMENTED on the current page: adaptive.
  if (aspect_ratio === undefined || ratios.includes(aspect_ratio)) return undefined;
  if (aspect_ratio === "adaptive" && reading === "newer") return undefined;
  return `aspect_ratio: must be one of ${ratios.join(", ")}`;
};

/** T-V9 and T-V10, PROVIDED; the current page allows most of it. */
const mini: Rule<Body> = (body, { reading }) => {
  if (body.model !== "seedance-2-mini") return undefined;
  if (body.video_with_roles.length > 3) return "video_with_roles: at most 3 for mini";
  if (body.audio_with_roles.length > 3) return "audio_with_roles: at most 3 for mini";
  if (body.count !== undefined || body.n !== undefined) return "count, n: not offered by mini";
  if (reading === "newer") return undefined;
  if (body.image_with_roles.some(({ role }) => role !== "reference_image"))
    return "image_with_roles: mini has no frames";
  if (body.media_mode === "frame") return "media_mode: mini has no frames";
  if (body.return_last_frame) return "return_last_frame: not offered by mini";
  // INFERRED: "not exposed" means that the field is refused.
  if (body.generate_audio !== undefined) return "generate_audio: not exposed by mini";
  return undefined;
};

const seed: Rule<Body> = ({ seed }, { reading }) =>
  // T-V20, INFERRED: the page has no range; this is the original's.
  reading === "strict" && seed !== undefined && (seed < -1 || seed > 4_294_967_295) ? "seed: out of range" : undefined;

const prompt: Rule<Body> = (body) =>
  // INFERRED: every listed combination starts with text.
  body.prompt.trim() === "" && mediaOf(body).length === 0 ? "prompt: required for text-to-video" : undefined;

const counts: Rule<Body> = ({ image_with_roles }, { reading }) => {
  const count = (role: string) => image_with_roles.filter((image) => image.role === role).length;
  // T-V7, PROVIDED for references, DOCUMENTED for frames
  if (count("reference_image") > 9) return "image_with_roles: at most 9 reference images";
  if (count("first_frame") > 1) return "image_with_roles: at most one first_frame";
  if (count("last_frame") > 1) return "image_with_roles: at most one last_frame";
  // INFERRED from the listed combinations.
  if (reading === "strict" && count("last_frame") > count("first_frame")) {
    return "image_with_roles: last_frame needs a first_frame";
  }
  return undefined;
};

const modes: Rule<Body> = ({ image_with_roles, image_urls, video_with_roles, audio_with_roles, tools }) => {
  const frames = image_with_roles.some(({ role }) => role !== "reference_image");
  const images = image_with_roles.some(({ role }) => role === "reference_image");
  const [videos, audios] = [video_with_roles.length > 0, audio_with_roles.length > 0];
  // T-V11, DOCUMENTED
  if (image_urls.length > 0 && image_with_roles.length > 0) return "image_urls: not together with image_with_roles";
  // T-V8, DOCUMENTED
  if (frames && (images || videos || audios)) return "image_with_roles: frames and references exclude each other";
  // T-V12, DOCUMENTED
  if (audios && !videos && image_with_roles.length + image_urls.length === 0) {
    return "audio_with_roles: needs an image or a video";
  }
  // T-V13, DOCUMENTED
  const media = videos || audios || image_with_roles.length + image_urls.length > 0;
  return tools.length > 0 && media ? "tools: only for text-to-video" : undefined;
};

const urls: Rule<Body> = (body, context) => {
  for (const { url, kind } of mediaOf(body)) {
    const problem = body.private_asset_review ? reviewProblem(url, kind) : urlProblem(url, kind);
    if (problem) return problem;
    // T-V15, PROVIDED
    const id = /^asset:\/\/(.+)$/.exec(url)?.[1];
    if (id !== undefined && context.assetState(id) !== "active") return `asset ${id} is not active`;
  }
  return undefined;
};

/** The rules for combining fields. */
export const rules: readonly Rule<Body>[] = [
  model,
  resolution,
  duration,
  ratio,
  mini,
  seed,
  prompt,
  counts,
  modes,
  urls,
];

type Kind = "image" | "video" | "audio";

function mediaOf(body: Body): { url: string; kind: Kind }[] {
  const images = [...body.image_with_roles.map(({ url }) => url), ...body.image_urls];
  return [
    ...images.map((url) => ({ url, kind: "image" as const })),
    ...body.video_with_roles.map(({ url }) => ({ url, kind: "video" as const })),
    ...body.audio_with_roles.map(({ url }) => ({ url, kind: "audio" as const })),
  ];
}

/** T-V14, DOCUMENTED: data URIs are allowed for images and audio, not for videos. */
function urlProblem(url: string, kind: Kind): string | undefined {
  if (/^(https?|asset):\/\/./i.test(url)) return undefined;
  if (kind !== "video" && url.startsWith(`data:${kind}/`) && url.includes(";base64,")) return undefined;
  return `${kind}_with_roles: must be a URL${kind === "video" ? "" : ", a data URI"} or asset://<id>`;
}

/** T-V16 and T-V16b, DOCUMENTED: http(s) URLs only, or an inline image. */
function reviewProblem(url: string, kind: Kind): string | undefined {
  if (url.startsWith("asset://")) return "private_asset_review: asset:// is not taken";
  if (/^https?:\/\/./i.test(url)) {
    if (Buffer.byteLength(url.trim()) > 2_048) return "private_asset_review: a URL has at most 2048 bytes";
    const { username, password } = URL.canParse(url) ? new URL(url) : { username: "", password: "" };
    return username + password === "" ? undefined : "private_asset_review: a URL must not contain a user or password";
  }
  const inline = kind === "image" && (/^data:image\/[^,]+;base64,/.test(url) || /^[\w+/]+={0,2}$/.test(url));
  return inline ? undefined : `private_asset_review: ${kind} must be an http(s) URL`;
}
