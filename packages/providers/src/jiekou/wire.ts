import type { GenerationRequest } from "@reelqueue/contracts";
import { z } from "zod";
import type { Refusal } from "../http/errors.ts";
import { amount, anyTaskId, list, outputUrl, taskId, text } from "../http/fields.ts";
import { type ParsedTask, phaseOf } from "../http/query.ts";
import type { RemoteOutput } from "../provider.ts";
import { urlsByRole } from "../rules/media.ts";
import { capabilities } from "./capabilities.ts";

export const createPath = "/v3/async/seedance-2.0";

export function taskPath(taskId: string): string {
  return `/v3/async/task-result?task_id=${encodeURIComponent(taskId)}`;
}

/** The body of a create (PROVIDED). The model is the boolean `fast`; absent fields are not sent. */
export function createBody(request: GenerationRequest) {
  const { firstFrame, lastFrame, referenceImages, referenceVideos, referenceAudios } = urlsByRole(request);
  return {
    fast: request.model === "seedance-2.0-fast",
    prompt: request.prompt,
    image: firstFrame,
    last_image: lastFrame,
    reference_images: referenceImages,
    reference_videos: referenceVideos,
    reference_audios: referenceAudios,
    ratio: request.ratio,
    resolution: request.resolution,
    duration: request.seconds,
    seed: request.seed,
    generate_audio: request.generateAudio,
    watermark: request.watermark,
    web_search: request.webSearch,
    return_last_frame: request.returnLastFrame,
  };
}

/**
 * The answer to a poll may be nested under `data` (DOCUMENTED); the same is accepted in a create (INFERRED): a lost id
 * is a lost video.
 */
const created = z.union([
  z.object({ task_id: taskId }),
  z.object({ data: z.object({ task_id: taskId }) }).transform(({ data }) => data),
]);

export function createdId(body: unknown): string | undefined {
  return created.safeParse(body).data?.task_id;
}

const result = z.object({
  task: z.object({
    task_id: anyTaskId,
    status: z.string(),
    reason: text,
    error: text,
    message: text,
    progress_percent: amount,
  }),
  videos: list(z.object({ video_url: outputUrl, video_url_ttl: amount })),
  images: list(z.object({ image_url: outputUrl, image_url_ttl: amount })),
});
const nested = z.object({ data: result }).transform(({ data }) => data);

/** The task in the answer to a poll; undefined if it holds none. */
export function readTask(body: unknown): ParsedTask | undefined {
  const read = z.union([result, nested]).safeParse(body).data;
  if (!read) return undefined;
  const { task_id: id, status, progress_percent: percent, reason, error, message } = read.task;
  const phase = phaseOf(status.replace(/^task_status_/i, ""), capabilities);
  return { id, status, phase, percent, outputs: outputsOf(read), error: { message: reason ?? error ?? message } };
}

/** Images are the last frame (DOCUMENTED in public code). */
function outputsOf({ videos, images }: z.output<typeof result>): RemoteOutput[] {
  return [
    ...videos.flatMap(({ video_url, video_url_ttl }) => output("video", video_url, video_url_ttl)),
    ...images.flatMap(({ image_url, image_url_ttl }) => output("last_frame", image_url, image_url_ttl)),
  ];
}

/** The life of a URL if the answer does not state it (DOCUMENTED: "default 3600"). */
const defaultTtlSeconds = 3_600;

function output(kind: RemoteOutput["kind"], url: string | undefined, ttlSeconds = defaultTtlSeconds): RemoteOutput[] {
  return url === undefined ? [] : [{ kind, url, life: { lastsMs: ttlSeconds * 1_000 } }];
}

/**
 * `{"code":…,"reason":…,"message":…,"metadata":{"details":…}}`, every key optional (INFERRED from the vendor's plugin).
 */
const envelope = z.object({
  code: z.union([text, z.number().transform(() => undefined)]).catch(undefined),
  reason: text,
  message: text,
  metadata: z.object({ details: text }).optional().catch(undefined),
});

export function refusal(body: unknown): Refusal | undefined {
  const read = envelope.safeParse(body).data;
  const code = read?.reason ?? read?.code;
  const message = read?.message ?? code;
  if (!read || message === undefined) return undefined;
  const details = read.metadata?.details;
  return { code, message: details === undefined ? message : `${message}: ${details}` };
}
