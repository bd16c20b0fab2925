import type { NormalizedRequest, Order } from "../../task.ts";
import type { ParseContext } from "../../vendor.ts";
import { orderFor, parserOf, type Violation } from "../requests.ts";
import { type Body, bodySchema, priceOf, rules } from "./rules.ts";

/** Validates by the older page (the seed); `newer`: by the current page; `strict`: by the narrower of both. */
export const parseCreate = parserOf(bodySchema, { rules: [...rules, callbackProblem], orderOf });

function orderOf(body: Body, { callbackSecret, webhookUrl }: ParseContext): Order {
  const { model, resolution } = body;
  const price = priceOf(body);
  if (price === undefined) throw new Error(`no price for ${model} ${resolution}`);
  const order = orderFor(requestOf(body));
  // INVENTED: mini has no automatic seconds and uses 5.
  const seconds = model === "seedance-2-mini" && order.request.seconds === "auto" ? 5 : order.seconds;
  return {
    ...order,
    model,
    seconds,
    microUsd: price * seconds,
    callbackUrl: body.callback_url ?? (callbackSecret === undefined ? undefined : webhookUrl),
    // INFERRED: an empty id counts as absent.
    clientId: body.client_business_id || body.metadata?.client_business_id || undefined,
    ...(isReviewed(body) && { reviewMs: inventedReviewMs }),
    webSearch: body.tools.length > 0,
    ...(body.trace_id !== undefined && { echo: { trace_id: body.trace_id } }),
  };
}

function requestOf(body: Body): NormalizedRequest {
  const withRole = (role: string) => body.image_with_roles.filter((image) => image.role === role).map(({ url }) => url);
  // DOCUMENTED: kept for compatibility; a single image is the first frame.
  const [firstFrame = body.image_urls[0]] = withRole("first_frame");
  const [lastFrame] = withRole("last_frame");
  const videos = body.video_with_roles.map(({ url }) => url);
  const audios = body.audio_with_roles.map(({ url }) => url);
  // The model chooses the seconds if the duration is 0, -1 or absent.
  const { duration = 0 } = body;
  return {
    prompt: body.prompt,
    seconds: duration > 0 ? duration : "auto",
    resolution: body.resolution,
    ratio: body.aspect_ratio,
    media: { firstFrame, lastFrame, images: withRole("reference_image"), videos, audios },
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

function callbackProblem({ callback_url: url }: Body, context: ParseContext): Violation | string | undefined {
  const { callbackSecret, webhookUrl, callbackUrlAllowed } = context;
  if (url === undefined) return undefined;
  // DOCUMENTED: the token needs a webhook.
  if (callbackSecret === undefined) {
    return { problem: "callback_url: task webhooks are not configured for this token", code: "webhook_not_configured" };
  }
  // T-V17, DOCUMENTED
  if (!callbackUrlAllowed(url)) return "callback_url: must be a public https URL";
  if (webhookUrl === undefined || new URL(url).origin === new URL(webhookUrl).origin) return undefined;
  return "callback_url: must have the same origin as the default URL of the token";
}
