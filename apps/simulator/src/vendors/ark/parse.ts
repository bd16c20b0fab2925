import type { z } from "zod";
import type { NormalizedRequest, Order } from "../../task.ts";
import type { ParseContext } from "../../vendor.ts";
import { orderFor, parserOf, type Violation } from "../requests.ts";
import { tokensOf, videoInputSeconds } from "../usage.ts";
import { type Body, bodySchema, contentProblem } from "./schema.ts";

/** Validates by the original's pages. */
export const parseCreate = parserOf(bodySchema, { schemaViolation, rules: [problemOf], orderOf });

function schemaViolation({ issues: [issue] }: z.ZodError): Violation {
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

function problemOf(body: Body, context: ParseContext): Violation | undefined {
  const { model, content, resolution, callback_url } = body;
  const prices = models.get(model);
  if (!prices) {
    const problem = `The model or endpoint ${model} does not exist or you do not have access to it.`;
    return { kind: "unknown-model", problem };
  }
  const wrong = contentProblem(content);
  if (wrong !== undefined) return invalid("content", wrong);
  if (!prices[resolution]) return invalid("resolution", `${resolution} is not offered by ${model}`);
  // INFERRED: the page names no protocol.
  if (callback_url === undefined || context.callbackUrlAllowed(callback_url)) return undefined;
  return invalid("callback_url", "must be a public https URL");
}

function orderOf(body: Body): Order {
  const { service_tier, execution_expires_after, safety_identifier, priority } = body;
  const order = orderFor(requestOf(body));
  const { videos } = order.request.media;
  // INVENTED: the ratio of adaptive.
  const ratio = body.ratio === "adaptive" ? "16:9" : body.ratio;
  // INFERRED from measured counts: the seconds of input videos count too.
  const tokens = tokensOf(body.resolution, ratio, order.seconds + videoInputSeconds(videos));
  return {
    ...order,
    model: body.model,
    ratio,
    microUsd: microUsd(body, tokens, videos.length > 0),
    tokens,
    generateAudio: body.generate_audio,
    webSearch: body.tools.length > 0,
    callbackUrl: body.callback_url,
    expiresAfterMs: execution_expires_after * 1_000,
    echo: { service_tier, execution_expires_after, safety_identifier, priority },
  };
}

function requestOf(body: Body): NormalizedRequest {
  const { content } = body;
  const images = content.flatMap((part) => (part.type === "image_url" ? [part] : []));
  const withRole = (role: string) =>
    images.filter((part) => (part.role ?? "first_frame") === role).map((part) => part.image_url.url);
  const [[firstFrame], [lastFrame]] = [withRole("first_frame"), withRole("last_frame")];
  const videos = content.flatMap((part) => (part.type === "video_url" ? [part.video_url.url] : []));
  const audios = content.flatMap((part) => (part.type === "audio_url" ? [part.audio_url.url] : []));
  return {
    prompt: content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"),
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

/** US$ per million tokens, without and with video input. */
type Prices = Partial<Record<Body["resolution"], readonly [plain: number, withVideo: number]>>;

/** DOCUMENTED on the original's international price page. */
const standard: Prices = { "480p": [7, 4.3], "720p": [7, 4.3], "1080p": [7.7, 4.7], "4k": [4, 2.4] };
const fast: Prices = { "480p": [5.6, 3.3], "720p": [5.6, 3.3] };
const mini: Prices = { "480p": [3.5, 2.1], "720p": [3.5, 2.1] };

/** DOCUMENTED: the Chinese and the international names. */
const models: ReadonlyMap<string, Prices> = new Map([
  ["doubao-seedance-2-0-260128", standard],
  ["doubao-seedance-2-0-fast-260128", fast],
  ["doubao-seedance-2-0-mini-260615", mini],
  ["dreamina-seedance-2-0-260128", standard],
  ["dreamina-seedance-2-0-fast-260128", fast],
  ["dreamina-seedance-2-0-mini-260615", mini],
]);

/** The price in whole micro-USD. */
function microUsd({ model, resolution }: Body, tokens: number, videoInput: boolean): number {
  const price = models.get(model)?.[resolution];
  if (!price) throw new Error(`no price for ${model} ${resolution}`);
  return Math.round(tokens * price[videoInput ? 1 : 0]);
}
