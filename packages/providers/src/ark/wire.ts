import { createHash } from "node:crypto";
import type { GenerationRequest } from "@reelqueue/contracts";
import { z } from "zod";
import type { Refusal } from "../http/errors.ts";
import { amount, anyTaskId, outputUrl, taskId, text } from "../http/fields.ts";
import { type ParsedTask, phaseOf } from "../http/query.ts";
import type { Call, RemoteOutput, SubmitCall } from "../provider.ts";
import { capabilities } from "./capabilities.ts";

export const tasksPath = "/contents/generations/tasks";

export function taskPath(taskId: string): string {
  return `${tasksPath}/${encodeURIComponent(taskId)}`;
}

/** The body of a create (DOCUMENTED). */
export function createBody(request: GenerationRequest, call: SubmitCall) {
  return {
    model: modelName(request.model, call),
    content: contentOf(request),
    resolution: request.resolution,
    ratio: request.ratio,
    duration: request.seconds === "auto" ? -1 : request.seconds,
    seed: request.seed,
    generate_audio: request.generateAudio,
    watermark: request.watermark,
    return_last_frame: request.returnLastFrame,
    tools: request.webSearch ? [{ type: "web_search" }] : undefined,
    callback_url: call.callbackUrl,
    execution_expires_after: markOf(request, call.idempotencyKey),
    // The order of the provider's queue: 0 to 9, higher first.
    priority: request.priority > 0 ? request.priority : undefined,
  };
}

/** The vendor's name of a model; the international host uses other names. */
export function modelName(model: string, { baseUrl, switches = {} }: Pick<Call, "baseUrl" | "switches">): string {
  const models: Readonly<Record<string, { upstream: string }>> = capabilities.models;
  const name = models[model]?.upstream ?? model;
  const { internationalModels = /\bbytepluses\.com\b/.test(baseUrl) } = switches;
  return internationalModels ? name.replace(/^doubao-/, "dreamina-") : name;
}

const roles = { first_frame: "first_frame", last_frame: "last_frame", reference: "reference_image" } as const;

/** The text first, then the media in the order of the request; `role` is a sibling of `image_url`, not inside it. */
function contentOf({ prompt = "", images, videos, audios }: GenerationRequest) {
  return [
    ...(prompt.trim() === "" ? [] : [{ type: "text", text: prompt }]),
    ...images.map(({ url, role }) => ({ type: "image_url", image_url: { url }, role: roles[role] })),
    ...videos.map(({ url }) => ({ type: "video_url", video_url: { url }, role: "reference_video" })),
    ...audios.map(({ url }) => ({ type: "audio_url", audio_url: { url }, role: "reference_audio" })),
  ];
}

const named = z.object({ id: taskId });

/** The id in the answer to a create, and in a callback, which has the body of a poll (DOCUMENTED). */
export function idIn(body: unknown): string | undefined {
  return named.safeParse(body).data?.id;
}

const task = z.object({
  id: anyTaskId,
  status: z.string(),
  content: z.object({ video_url: outputUrl, last_frame_url: outputUrl }).optional().catch(undefined),
  usage: z
    .object({
      completion_tokens: amount,
      total_tokens: amount,
      tool_usage: z.object({ web_search: amount }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  error: z.object({ code: text, message: text }).optional().catch(undefined),
});
type Task = z.output<typeof task>;

/** The task in the answer to a poll; undefined if it holds none. */
export function readTask(body: unknown): ParsedTask | undefined {
  const read = task.safeParse(body).data;
  if (!read) return undefined;
  const { id, status, usage, error } = read;
  const used = {
    tokens: usage?.completion_tokens ?? usage?.total_tokens,
    webSearches: usage?.tool_usage?.web_search,
  };
  return { id, status, phase: phaseOf(status, capabilities), outputs: outputsOf(read), usage: used, error };
}

const dayMs = 86_400_000;

/** URLs are valid for 24 hours (DOCUMENTED). */
function outputsOf({ content }: Task): RemoteOutput[] {
  const output = (kind: RemoteOutput["kind"], url: string | undefined): RemoteOutput[] =>
    url === undefined ? [] : [{ kind, url, life: { lastsMs: dayMs } }];
  return [...output("video", content?.video_url), ...output("last_frame", content?.last_frame_url)];
}

/** `{"error":{"code","message","param","type"}}` (DOCUMENTED). */
const envelope = z.object({ error: z.object({ code: text, message: text }) });

export function refusal(body: unknown): Refusal | undefined {
  const read = envelope.safeParse(body).data?.error;
  return read && { code: read.code, message: read.message ?? read.code ?? "The provider gives no reason" };
}

/** The bounds of `execution_expires_after` (DOCUMENTED); above 48 h a task could run longer than `longestRunMs`. */
const leastSeconds = 3_600;
const defaultSeconds = 172_800;
const spread = 43_199;

/**
 * The mark of an attempt: the seconds after which the provider expires the task, derived from the idempotency key:
 * between 36 and 48 hours, or up to 12 hours more than the request's `expiresIn`. Ark repeats the value in its list.
 */
export function markOf({ expiresIn }: GenerationRequest, idempotencyKey: string): number {
  const most = defaultSeconds - spread - 1;
  const base = Math.min(Math.max(expiresIn ?? most, leastSeconds), most);
  const drawn = createHash("sha256").update(idempotencyKey).digest().readUInt32BE(0) % spread;
  return base + 1 + drawn;
}

/**
 * Whether a repeated value is no mark: absent, or Ark's default, which it would report if it ignored the sent value.
 */
export function isUnmarked(seconds: number | undefined): boolean {
  return seconds === undefined || seconds === defaultSeconds;
}
