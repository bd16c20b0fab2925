import type { GenerationRequest } from "@reelqueue/contracts";
import { z } from "zod";
import type { CallbackFormat } from "../http/callback.ts";
import type { Refusal } from "../http/errors.ts";
import { amount, anyTaskId, list, outputUrl, taskId, text } from "../http/fields.ts";
import { type ParsedTask, phaseOf } from "../http/query.ts";
import type { RemoteOutput } from "../provider.ts";
import { urlsByRole } from "../rules/media.ts";
import { capabilities } from "./capabilities.ts";

export const createPath = "/v1/tasks";

export function taskPath(taskId: string): string {
  return `/v1/tasks/${encodeURIComponent(taskId)}`;
}

/** The body of a create (PROVIDED). `aspect_ratio` is always sent: the page says both "required" and "default 16:9". */
export function createBody(request: GenerationRequest, callbackUrl: string | undefined) {
  const { firstFrame, lastFrame, referenceImages, referenceVideos, referenceAudios } = urlsByRole(request);
  return {
    model: capabilities.models["seedance-2.0"].upstream,
    input: {
      prompt: request.prompt,
      aspect_ratio: request.ratio ?? "16:9",
      duration: request.seconds,
      resolution: request.resolution,
      first_frame_url: firstFrame,
      last_frame_url: lastFrame,
      reference_image_urls: referenceImages,
      reference_video_urls: referenceVideos,
      reference_audio_urls: referenceAudios,
      return_last_frame: request.returnLastFrame,
      generate_audio: request.generateAudio,
      web_search: request.webSearch,
      nsfw_checker: request.safetyCheck,
      seed: request.seed,
    },
    // Refused inside `input` (DOCUMENTED).
    callback: callbackUrl === undefined ? undefined : { url: callbackUrl, when: "final" },
  };
}

const created = z.object({ data: z.object({ taskId }) });

export function createdId(body: unknown): string | undefined {
  return created.safeParse(body).data?.data.taskId;
}

/** The body of a callback is the task itself, without the envelope (DOCUMENTED). */
const called = z.object({ taskId });

export const callbackFormat: CallbackFormat = {
  taskIdIn: (body) => called.safeParse(body).data?.taskId,
  signature(headers) {
    const timestamp = headers["x-hiapi-timestamp"] ?? "";
    return { given: [headers["x-hiapi-signature"] ?? ""], prefix: `${timestamp}.`, timestamp };
  },
};

const item = z.object({ url: outputUrl, type: text, expireAt: amount });
const task = z.object({
  taskId: anyTaskId,
  status: z.string(),
  output: list(item),
  error: z.object({ code: text, message: text }).optional().catch(undefined),
});
const answer = z.object({ data: task });

/** The task in the answer to a poll; undefined if it holds none. */
export function readTask(body: unknown): ParsedTask | undefined {
  const read = answer.safeParse(body).data?.data;
  if (!read) return undefined;
  const { taskId: id, status, output, error } = read;
  const phase = phaseOf(status, capabilities);
  return { id, status, phase, outputs: output.flatMap(remoteOutput), error };
}

/**
 * The page names only the URL. Any type besides these two is skipped (DOCUMENTED: the list of types; INFERRED: their
 * use).
 */
function remoteOutput({ url, type = "video", expireAt = 0 }: z.output<typeof item>): RemoteOutput[] {
  if (url === undefined || (type !== "video" && type !== "last_frame")) return [];
  return [{ kind: type, url, ...(expireAt > 0 ? { life: { untilMs: expireAt * 1_000 } } : {}) }];
}

/** `{"code":400,"message":"…","data":null,"error_code":"…"}`, `error_code` may be absent (DOCUMENTED). */
const envelope = z.object({ code: z.number(), message: text, error_code: text });
/** A second envelope, which one page of the vendor shows (DOCUMENTED). */
const otherEnvelope = z.object({ error: z.object({ type: z.literal("hiapi_error"), code: text, message: text }) });

export function refusal(body: unknown): Refusal | undefined {
  const usual = envelope.safeParse(body).data;
  const read = usual ? { code: usual.error_code, message: usual.message } : otherEnvelope.safeParse(body).data?.error;
  return read && { code: read.code, message: read.message ?? read.code ?? "The provider gives no reason" };
}
