import { z } from "zod";

const imageRoles = ["first_frame", "last_frame", "reference_image"] as const;
const clientId = z.string().optional();

/** The fields of a create body; rules.ts has the rules for combining them. */
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
