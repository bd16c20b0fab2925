import { firstProblem } from "../../http.ts";
import type { NormalizedRequest, Order } from "../../task.ts";
import type { ParseContext, ParsedCreate } from "../../vendor.ts";
import { automaticSeconds } from "../usage.ts";
import { type Problem, problemOf } from "./rules.ts";
import { type Body, bodySchema } from "./schema.ts";

/** Validates by the older page (the seed); `newer`: by the current page; `strict`: by the narrower of both. */
export function parseCreate(input: unknown, context: ParseContext): ParsedCreate {
  const parsed = bodySchema.safeParse(input);
  if (!parsed.success) return { ok: false, problem: firstProblem(parsed.error) };
  const problem = problemOf(parsed.data, context) ?? callbackProblem(parsed.data.callback_url, context);
  if (problem) return { ok: false, ...problem };
  return { ok: true, order: orderOf(parsed.data, context) };
}

function orderOf(body: Body, { webhook }: ParseContext): Order {
  const seconds = secondsOf(body);
  return {
    prompt: body.prompt,
    model: body.model,
    resolution: body.resolution,
    seconds,
    // INVENTED: the page has no default.
    ratio: body.aspect_ratio ?? "16:9",
    returnLastFrame: body.return_last_frame ?? false,
    microUsd: microUsd(body.model, body.resolution, seconds),
    seed: body.seed,
    callbackUrl: body.callback_url ?? (webhook.hasSecret ? webhook.url : undefined),
    // INFERRED: an empty id counts as absent.
    clientId: body.client_business_id || body.metadata?.client_business_id || undefined,
    ...(isReviewed(body) && { reviewMs: inventedReviewMs }),
    webSearch: body.tools.length > 0,
    request: normalize(body),
    ...(body.trace_id !== undefined && { echo: { trace_id: body.trace_id } }),
  };
}

function normalize(body: Body): NormalizedRequest {
  const withRole = (role: string) => body.image_with_roles.filter((image) => image.role === role).map(({ url }) => url);
  const [videos, audios] = [body.video_with_roles, body.audio_with_roles].map((list) => list.map(({ url }) => url));
  // DOCUMENTED: kept for compatibility; a single image is the first frame.
  const [firstFrame = body.image_urls[0]] = withRole("first_frame");
  const { duration = 0 } = body;
  return {
    prompt: body.prompt,
    seconds: duration > 0 ? duration : "auto",
    resolution: body.resolution,
    ratio: body.aspect_ratio,
    media: {
      firstFrame,
      lastFrame: withRole("last_frame")[0],
      images: withRole("reference_image"),
      videos: videos ?? [],
      audios: audios ?? [],
    },
    seed: body.seed,
    generateAudio: body.generate_audio,
    webSearch: body.tools.length > 0,
    returnLastFrame: body.return_last_frame,
  };
}

/** INVENTED. DOCUMENTED: a first review takes minutes and is abandoned after 20. */
const inventedReviewMs = 120_000;

function isReviewed(body: Body): boolean {
  const media = [body.image_urls, body.image_with_roles, body.video_with_roles, body.audio_with_roles];
  return body.private_asset_review && media.some((list) => list.length > 0);
}

/** The model chooses if the duration is 0, -1 or absent. INVENTED: mini has no automatic seconds and uses 5. */
function secondsOf({ duration, model, prompt }: Body): number {
  if (duration !== undefined && duration > 0) return duration;
  return model === "seedance-2-mini" ? 5 : automaticSeconds(prompt);
}

function callbackProblem(url: string | undefined, { webhook, callbackUrlAllowed }: ParseContext): Problem | undefined {
  if (url === undefined) return undefined;
  // DOCUMENTED: the token needs a webhook.
  if (!webhook.hasSecret) {
    return { problem: "callback_url: task webhooks are not configured for this token", code: "webhook_not_configured" };
  }
  // T-V17, DOCUMENTED
  if (!callbackUrlAllowed(url)) return { problem: "callback_url: must be a public https URL" };
  if (webhook.url === undefined || new URL(url).origin === new URL(webhook.url).origin) return undefined;
  return { problem: "callback_url: must have the same origin as the default URL of the token" };
}

/** Micro-USD per second. DOCUMENTED: priced by the second; the amounts are INVENTED. */
const perSecond: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "seedance-2": { "480p": 65_000, "720p": 140_000, "1080p": 350_000, "4k": 700_000 },
  "seedance-2-fast": { "480p": 52_000, "720p": 112_000 },
  "seedance-2-mini": { "480p": 32_000, "720p": 70_000 },
};

function microUsd(model: string, resolution: string, seconds: number): number {
  const price = perSecond[model]?.[resolution];
  if (price === undefined) throw new Error(`no price for ${model} ${resolution}`);
  return price * seconds;
}
