import type { GenerationRequest } from "@reelqueue/contracts";
import { z } from "zod";
import type { Refusal } from "../http/errors.ts";
import { amount, anyTaskId, outputUrl, taskId, text } from "../http/fields.ts";
import { type ParsedTask, phaseOf } from "../http/query.ts";
import type { RemoteOutput } from "../provider.ts";
import { urlsByRole } from "../rules/media.ts";
import { capabilities } from "./capabilities.ts";

export const createPath = "/v1/kyyvideo2/videos";

/** DOCUMENTED: the query page. One public client uses the create path instead; the page counts. */
export function taskPath(taskId: string): string {
  return `/v1/result/${encodeURIComponent(taskId)}`;
}

/** The body of a create (PROVIDED), with the page's mixture of snake case and camel case. */
export function createBody(request: GenerationRequest) {
  const { firstFrame, lastFrame, referenceImages, referenceVideos, referenceAudios } = urlsByRole(request);
  const models: Readonly<Record<string, { upstream: string }>> = capabilities.models;
  return {
    model: models[request.model]?.upstream ?? request.model,
    prompt: request.prompt,
    duration: request.seconds,
    aspect_ratio: request.ratio,
    generateAudio: request.generateAudio,
    first_image: firstFrame,
    last_image: lastFrame,
    referenceImages,
    referenceVideos,
    referenceAudios,
  };
}

/**
 * The envelope of the vendor's asset API, accepted around other answers too (INFERRED). `code` 0 or "0" is a success
 * (DOCUMENTED).
 */
const code = z.union([z.number(), z.string().regex(/^-?\d{1,6}$/)]).transform(Number);
const envelope = z.object({ code, msg: text, message: text, data: z.unknown() });

/** The content of the envelope, or the answer itself if it has no envelope. */
export function inside(body: unknown): unknown {
  return envelope.safeParse(body).data?.data ?? body;
}

/** A failure, whatever the HTTP status: another code and no data (DOCUMENTED for assets; INFERRED for tasks). */
export function refusedWithin(body: unknown): { status: number; refusal: Refusal } | undefined {
  const read = envelope.safeParse(body).data;
  if (!read || read.code === 0 || (read.data ?? null) !== null) return undefined;
  const status = read.code >= 400 && read.code < 600 ? read.code : 400;
  const message = read.msg ?? read.message ?? "The provider gives no reason";
  return { status, refusal: { code: `${read.code}`, message } };
}

const created = z.object({ id: taskId });

export function createdId(body: unknown): string | undefined {
  return created.safeParse(inside(body)).data?.id;
}

/** A text, or an object with a message (DOCUMENTED in public code). */
const reason = z.union([
  z.object({ code: text, message: text }),
  text.transform((message) => ({ message, code: undefined })),
]);
const task = z.object({
  id: anyTaskId,
  status: z.string(),
  video_url: outputUrl,
  actualDuration: amount,
  totalTokens: amount,
  error: reason,
});

/** The task in the answer to a poll; undefined if it holds none. */
export function readTask(body: unknown): ParsedTask | undefined {
  const read = task.safeParse(inside(body)).data;
  if (!read) return undefined;
  const { id, status, video_url, actualDuration: seconds, totalTokens: tokens, error } = read;
  const phase = phaseOf(status, capabilities);
  return { id, status, phase, outputs: outputOf(video_url), usage: { seconds, tokens }, error };
}

const dayMs = 86_400_000;

/** URLs are valid for a day (DOCUMENTED: query page). */
function outputOf(url: string | undefined): RemoteOutput[] {
  return url === undefined ? [] : [{ kind: "video", url, life: { lastsMs: dayMs } }];
}

/** `path` marks an answer of the web framework, not of the vendor (INFERRED). */
const plainError = z.object({ error: reason, path: z.undefined().optional() });
/** The answer of the vendor's server to an unknown route (DOCUMENTED in public code). */
const noRoute = z.object({ message: z.string().regex(/^No handler found/) });

export function refusal(body: unknown): Refusal | undefined {
  const within = refusedWithin(body);
  if (within) return within.refusal;
  const read = plainError.safeParse(body).data?.error;
  const message = read?.message ?? read?.code ?? noRoute.safeParse(body).data?.message;
  return message === undefined ? undefined : { code: read?.code, message };
}
