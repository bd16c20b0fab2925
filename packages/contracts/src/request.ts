import { z } from "zod";

/** Models that a request may name. The capability tables say which provider offers which, and under which name. */
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

/** Limits of every request; the limits of a provider are rules of that provider. */
export const limits = {
  promptChars: 20_000,
  metadataBytes: 4_096,
  tags: 10,
  /** Size of a stored request; media belong in the media store, not in Redis. */
  requestBytes: 65_536,
} as const;

/**
 * URL of a media file: `https://…`, `http://…`, `data:<type>;base64,…`, `asset://<id>` (the provider's library),
 * `media://<sha256>.<ext>` (the media store) or, for producers on the same machine, the path of a local file.
 */
const mediaUrl = z.string().min(1);

const image = z.strictObject({ url: mediaUrl, role: z.enum(imageRoles).default("reference") });
const clip = z.strictObject({ url: mediaUrl });
/** Inside of a character class: letters, digits and marks of every script, and signs. */
export const nameCharacters = String.raw`\p{L}\p{N}\p{M}_.:@/+ \-`;
/** The one form of a name, however its letters are composed. */
const label = z
  .string()
  .normalize("NFC")
  .min(1)
  .max(128)
  .regex(new RegExp(`^[${nameCharacters}~]+$`, "u"), "letters, digits and . : @ / + - _ ~ only");

/** Name of a tenant. A colon separates it from the name of a batch in Redis. */
export const tenantName = label.max(64).refine((name) => !name.includes(":"), "no colon");

/** A generation request: one schema for every provider. */
export const generationRequest = z.strictObject({
  prompt: z.string().max(limits.promptChars).optional(),
  model: z.enum(modelNames).default("seedance-2.0"),
  /** Duration of the video, or `"auto"` if the provider can choose it. */
  seconds: z.union([z.int().min(1).max(60), z.literal("auto")]).default(5),
  ratio: z.enum(ratios).optional(),
  resolution: z.enum(resolutions).default("720p"),
  /** Ordered: `[Image 1]` in the prompt is the first reference image. */
  images: z.array(image).max(20).default([]),
  videos: z.array(clip).max(10).default([]),
  audios: z.array(clip).max(10).default([]),
  generateAudio: z.boolean().optional(),
  seed: z.int().optional(),
  watermark: z.boolean().optional(),
  webSearch: z.boolean().optional(),
  returnLastFrame: z.boolean().optional(),
  safetyCheck: z.boolean().optional(),
  /** Account to use; default: the first configured account that can generate it. */
  account: label.max(64).optional(),
  /** Receives one signed event when the generation ends. */
  webhook: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional(),
  /** Same key, same body: the same generation. Same key, another body: refused. */
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
  /** Deadline in seconds after acceptance; an unfinished generation expires then. */
  expiresIn: z
    .int()
    .min(1)
    .max(30 * 86_400)
    .optional(),
  /** Policy for a POST whose outcome cannot be determined; default: that of the account. */
  onUnknown: z.enum(["review", "resubmit"]).optional(),
  /** Maximum number of paid attempts. A failed task is retried only if the provider does not charge failures. */
  maxAttempts: z.int().min(1).max(10).default(2),
  /** 0 to 9, highest first. */
  priority: z.int().min(0).max(9).default(0),
});

/** A request as written by a caller, without defaults. */
export type GenerationInput = z.input<typeof generationRequest>;
/** A request with every default applied. */
export type GenerationRequest = z.output<typeof generationRequest>;

export const modes = ["text", "first_frame", "first_last_frame", "reference"] as const;
export type Mode = (typeof modes)[number];

/** Mode that follows from the media; frames together with references count as `reference`. */
export function modeOf(request: Pick<GenerationRequest, "images" | "videos" | "audios">): Mode {
  const has = (role: string) => request.images.some((image) => image.role === role);
  if (has("reference") || request.videos.length > 0 || request.audios.length > 0) return "reference";
  if (has("last_frame")) return "first_last_frame";
  return has("first_frame") ? "first_frame" : "text";
}
