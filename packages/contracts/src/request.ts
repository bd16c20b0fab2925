import { z } from "zod";

/** The models one may ask for; which provider has which, and under what name, is in the capability tables. */
export const modelNames = [
  "seedance-2.0",
  "seedance-2.0-fast",
  "seedance-2.0-mini",
  "seedance-2.0-pro",
  "seedance-2.0-fast-pro",
] as const;
export const ratios = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"] as const;
export const resolutions = ["480p", "720p", "1080p", "4k"] as const;
export const imageRoles = ["first_frame", "last_frame", "reference"] as const;

/** Upper bounds that hold whatever the provider; providers' own limits are rules of theirs. */
export const limits = {
  promptChars: 20_000,
  metadataBytes: 4_096,
  tags: 10,
  /** A stored request may not be larger; media goes to the media store, never into Redis. */
  requestBytes: 65_536,
} as const;

/**
 * Where a media file is: `https://…`, `http://…`, `data:<type>;base64,…`, `asset://<id>` (the provider's own library),
 * `media://<sha256>.<ext>` (our media store) or, for producers that run on the same machine, the path of a local file.
 */
const mediaUrl = z.string().min(1);

const image = z.strictObject({ url: mediaUrl, role: z.enum(imageRoles).default("reference") });
const clip = z.strictObject({ url: mediaUrl });
const label = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w.:@/+ -]+$/u, "letters, digits and . : @ / + - _ only");

/** What a customer asks for: one schema for every provider. */
export const generationRequest = z.strictObject({
  prompt: z.string().max(limits.promptChars).optional(),
  model: z.enum(modelNames).default("seedance-2.0"),
  /** Length of the video, or `"auto"` where the provider can choose. */
  seconds: z.union([z.int().min(1).max(60), z.literal("auto")]).default(5),
  ratio: z.enum(ratios).optional(),
  resolution: z.enum(resolutions).default("720p"),
  /** In order: `[Image 1]` in the prompt means the first reference image. */
  images: z.array(image).max(20).default([]),
  videos: z.array(clip).max(10).default([]),
  audios: z.array(clip).max(10).default([]),
  generateAudio: z.boolean().optional(),
  seed: z.int().optional(),
  watermark: z.boolean().optional(),
  webSearch: z.boolean().optional(),
  returnLastFrame: z.boolean().optional(),
  safetyCheck: z.boolean().optional(),
  /** Which account makes it; left out: the first configured one that can. */
  account: label.max(64).optional(),
  /** Gets one signed event when the generation ends. */
  webhook: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional(),
  /** Same key and same body: the same generation. Same key and another body: refused. */
  idempotencyKey: z.string().min(1).max(255).optional(),
  tenant: label.max(64).optional(),
  batch: label.optional(),
  tags: z.array(label.max(64)).max(limits.tags).default([]),
  metadata: z
    .record(z.string().max(64), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .refine(
      (value) => JSON.stringify(value).length <= limits.metadataBytes,
      `at most ${limits.metadataBytes} bytes as JSON`,
    )
    .optional(),
  /** Seconds from accept after which an unfinished generation is given up. */
  expiresIn: z
    .int()
    .min(1)
    .max(30 * 86_400)
    .optional(),
  /** What becomes of its POST should nobody find out whether it was taken; left out: as the account says. */
  onUnknown: z.enum(["review", "resubmit"]).optional(),
  /** Paid attempts allowed in all; more than one is used only where a failed task is not charged. */
  maxAttempts: z.int().min(1).max(10).default(2),
  /** 0 to 9, higher first. */
  priority: z.int().min(0).max(9).default(0),
});

/** A request as a user writes it, defaults left out. */
export type GenerationInput = z.input<typeof generationRequest>;
/** A request with every default filled in. */
export type GenerationRequest = z.output<typeof generationRequest>;

export const modes = ["text", "first_frame", "first_last_frame", "reference"] as const;
export type Mode = (typeof modes)[number];

/** The kind of generation that the given media makes it; frames beside references count as reference mode. */
export function modeOf(request: Pick<GenerationRequest, "images" | "videos" | "audios">): Mode {
  const has = (role: string) => request.images.some((image) => image.role === role);
  if (has("reference") || request.videos.length > 0 || request.audios.length > 0) return "reference";
  if (has("last_frame")) return "first_last_frame";
  return has("first_frame") ? "first_frame" : "text";
}
