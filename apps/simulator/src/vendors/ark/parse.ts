import type { z } from "zod";
import type { NormalizedRequest, Order } from "../../task.ts";
import type { ParseContext, ParsedCreate } from "../../vendor.ts";
import { automaticSeconds, tokensOf, videoInputSeconds } from "../usage.ts";
import { contentProblem } from "./content.ts";
import { type Body, bodySchema, type Variant, variants } from "./schema.ts";

/** Validates by the original's pages. */
export function parseCreate(input: unknown, context: ParseContext): ParsedCreate {
  const parsed = bodySchema.safeParse(input);
  if (!parsed.success) return { ok: false, ...firstViolation(parsed.error) };
  const body = parsed.data;
  const variant = Object.hasOwn(variants, body.model) ? variants[body.model] : undefined;
  if (!variant) {
    const problem = `The model or endpoint ${body.model} does not exist or you do not have access to it.`;
    return { ok: false, kind: "unknown-model", problem };
  }
  const problem = problemOf(body, variant, context);
  return problem ? { ok: false, ...problem } : { ok: true, order: orderOf(body, variant) };
}

interface Violation {
  field: string;
  problem: string;
  code?: string;
}

function firstViolation({ issues: [issue] }: z.ZodError): Violation {
  const field = issue?.path.join(".") ?? "";
  const missing = issue?.code === "invalid_type" && issue.message.endsWith("received undefined");
  if (missing) {
    return { field, code: "MissingParameter", problem: `The request is missing the parameter \`${field}\`.` };
  }
  return invalid(field, issue?.message ?? "");
}

function invalid(field: string, why: string): Violation {
  return { field, problem: `The parameter \`${field}\` specified in the request is not valid: ${why}.` };
}

function problemOf(body: Body, variant: Variant, context: ParseContext): Violation | undefined {
  const wrong = contentProblem(body.content);
  if (wrong !== undefined) return invalid("content", wrong);
  if (!offers(variant, body.resolution))
    return invalid("resolution", `${body.resolution} is not offered by ${body.model}`);
  // INFERRED: the page names no protocol.
  const { callback_url } = body;
  if (callback_url === undefined || context.callbackUrlAllowed(callback_url)) return undefined;
  return invalid("callback_url", "must be a public https URL");
}

function orderOf(body: Body, variant: Variant): Order {
  const prompt = body.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  const videos = body.content.flatMap((part) => (part.type === "video_url" ? [part.video_url.url] : []));
  const seconds = body.duration === -1 ? automaticSeconds(prompt) : body.duration;
  // INVENTED: the ratio of adaptive.
  const ratio = body.ratio === "adaptive" ? "16:9" : body.ratio;
  // INFERRED from measured counts: the seconds of input videos count too.
  const tokens = tokensOf(body.resolution, ratio, seconds + videoInputSeconds(videos));
  const { safety_identifier, priority, service_tier, execution_expires_after } = body;
  return {
    prompt,
    model: body.model,
    resolution: body.resolution,
    seconds,
    ratio,
    returnLastFrame: body.return_last_frame,
    microUsd: microUsd(variant, body.resolution, tokens, videos.length > 0),
    tokens,
    seed: body.seed,
    callbackUrl: body.callback_url,
    expiresAfterMs: execution_expires_after * 1_000,
    generateAudio: body.generate_audio,
    webSearch: body.tools.length > 0,
    request: normalize(body, prompt, videos),
    echo: {
      service_tier,
      execution_expires_after,
      ...(safety_identifier !== undefined && { safety_identifier }),
      ...(priority !== undefined && { priority }),
    },
  };
}

function normalize(body: Body, prompt: string, videos: string[]): NormalizedRequest {
  const images = body.content.flatMap((part) => (part.type === "image_url" ? [part] : []));
  const withRole = (role: string) =>
    images.filter((part) => (part.role ?? "first_frame") === role).map((part) => part.image_url.url);
  const audios = body.content.flatMap((part) => (part.type === "audio_url" ? [part.audio_url.url] : []));
  const [[firstFrame], [lastFrame]] = [withRole("first_frame"), withRole("last_frame")];
  return {
    prompt,
    seconds: body.duration === -1 ? "auto" : body.duration,
    resolution: body.resolution,
    ratio: body.ratio,
    media: { firstFrame, lastFrame, images: withRole("reference_image"), videos, audios },
    seed: body.seed,
    generateAudio: body.generate_audio,
    watermark: body.watermark,
    webSearch: body.tools.length > 0,
    returnLastFrame: body.return_last_frame,
  };
}

/** US$ per million tokens, without and with video input. DOCUMENTED on the original's international price page. */
const perMillion: Record<Variant, Readonly<Record<string, readonly [number, number]>>> = {
  standard: { "480p": [7, 4.3], "720p": [7, 4.3], "1080p": [7.7, 4.7], "4k": [4, 2.4] },
  fast: { "480p": [5.6, 3.3], "720p": [5.6, 3.3] },
  mini: { "480p": [3.5, 2.1], "720p": [3.5, 2.1] },
};

function offers(variant: Variant, resolution: string): boolean {
  return Object.hasOwn(perMillion[variant], resolution);
}

/** The price in whole micro-USD. */
function microUsd(variant: Variant, resolution: string, tokens: number, videoInput: boolean): number {
  const price = perMillion[variant][resolution];
  if (!price) throw new Error(`no price for ${variant} ${resolution}`);
  return Math.round(tokens * price[videoInput ? 1 : 0]);
}
