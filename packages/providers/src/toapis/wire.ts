import type { GenerationRequest } from "@reelqueue/contracts";
import { z } from "zod";
import type { CallbackFormat } from "../http/callback.ts";
import type { Refusal } from "../http/errors.ts";
import { amount, anyTaskId, list, outputUrl, taskId, text } from "../http/fields.ts";
import { type ParsedTask, phaseOf } from "../http/query.ts";
import type { LookupResult, RemoteOutput, SubmitCall } from "../provider.ts";
import { mediaOf } from "../rules/media.ts";
import { asMini, capabilities } from "./capabilities.ts";

export const createPath = "/v1/videos/generations";

/** The path of a task, by the id of ToAPIs or by the client id (PROVIDED). */
export function taskPath(id: string): string {
  return `${createPath}/${encodeURIComponent(id)}`;
}

/**
 * The body of a create. `count` and `n` are never sent (PROVIDED); an automatic length is sent as 0, the default of the
 * page.
 */
export function createBody(request: GenerationRequest, call: SubmitCall) {
  const { switches = {}, callbackUrl } = call;
  const { privateAssetReview = false } = switches;
  const hasSwitches = !asMini(request.model, switches);
  const models: Readonly<Record<string, { upstream: string }>> = capabilities.models;
  return {
    model: models[request.model]?.upstream ?? request.model,
    client_business_id: call.idempotencyKey,
    prompt: request.prompt,
    duration: request.seconds === "auto" ? 0 : request.seconds,
    aspect_ratio: request.ratio,
    resolution: request.resolution,
    ...mediaWithRoles(request),
    generate_audio: hasSwitches ? request.generateAudio : undefined,
    return_last_frame: hasSwitches ? request.returnLastFrame : undefined,
    tools: request.webSearch ? [{ type: "web_search" }] : undefined,
    seed: request.seed,
    callback_url: callbackUrl,
    // Without a callback URL it has no effect (PROVIDED).
    trace_id: callbackUrl === undefined ? undefined : call.idempotencyKey,
    private_asset_review: privateAssetReview && mediaOf(request).length > 0 ? true : undefined,
  };
}

/** In the order of the request: `[Image 1]` in the prompt is the first reference. */
function mediaWithRoles({ images, videos, audios }: GenerationRequest) {
  const roles = { first_frame: "first_frame", last_frame: "last_frame", reference: "reference_image" } as const;
  const filled = <T>(items: T[]) => (items.length > 0 ? items : undefined);
  return {
    image_with_roles: filled(images.map(({ url, role }) => ({ url, role: roles[role] }))),
    video_with_roles: filled(videos.map(({ url }) => ({ url, role: "reference_video" }))),
    audio_with_roles: filled(audios.map(({ url }) => ({ url, role: "reference_audio" }))),
  };
}

/**
 * The vendor's other APIs nest the id under `data`; the same is accepted here (INFERRED): a lost id is a lost video.
 */
const created = z.union([
  z.object({ id: taskId }),
  z.object({ data: z.object({ id: taskId }) }).transform(({ data }) => data),
]);

export function createdId(body: unknown): string | undefined {
  return created.safeParse(body).data?.id;
}

/** The body of a callback: the event, with the task in `data` (DOCUMENTED). */
const event = z.object({ data: z.object({ task_id: taskId }) });

export const callbackFormat: CallbackFormat = {
  taskIdIn: (body) => event.safeParse(body).data?.data.task_id,
  signature(headers) {
    const id = headers["x-toapis-webhook-id"] ?? "";
    const timestamp = headers["x-toapis-webhook-timestamp"] ?? "";
    const given = signaturesIn(headers["x-toapis-webhook-signature"] ?? "");
    return { given, prefix: `${id}.${timestamp}.`, timestamp };
  },
};

/** `v1=<hex>`; for a day after a change of the secret `v1=<hex>,v1=<hex>` (DOCUMENTED). */
function signaturesIn(header: string): string[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part.startsWith("v1="))
    .map((part) => part.slice("v1=".length));
}

const named = z.object({ id: taskId, client_business_id: anyTaskId });

/** The task with this client id; undefined if the answer is about another task. */
export function foundBy(body: unknown, clientId: string): LookupResult | undefined {
  const read = named.safeParse(body).data;
  if (!read || (read.client_business_id !== undefined && read.client_business_id !== clientId)) return undefined;
  return { kind: "found", taskId: read.id };
}

/** A number in refusals, a text in failed tasks (DOCUMENTED); a number is ignored. */
const errorCode = z.unknown().transform((code) => (typeof code === "string" && /\D/.test(code) ? code : undefined));
const error = z.object({ code: errorCode, type: text, message: text });
const item = z.object({ url: outputUrl, last_frame_url: outputUrl });
const task = z.object({
  id: anyTaskId,
  status: z.string(),
  progress: amount,
  expires_at: amount,
  result: z.object({ data: list(item) }).catch({ data: [] }),
  usage: z
    .object({ tool_usage: z.object({ web_search: amount }) })
    .optional()
    .catch(undefined),
  error: error.optional().catch(undefined),
});
type Task = z.output<typeof task>;

/** The task in the answer to a poll; undefined if it holds none. */
export function readTask(body: unknown): ParsedTask | undefined {
  const read = task.safeParse(body).data;
  if (!read) return undefined;
  const { id, status, progress: percent, usage, error: failed } = read;
  const parsed = { id, status, phase: phaseOf(status, capabilities), percent, outputs: outputsOf(read) };
  const webSearches = usage?.tool_usage.web_search;
  const code = failed?.code ?? failed?.type;
  return { ...parsed, usage: { webSearches }, error: { code, message: failed?.message } };
}

const dayMs = 86_400_000;

/** `expires_at` is a day after the end (DOCUMENTED); if it is absent, a day from now is assumed. */
function outputsOf({ result, expires_at = 0 }: Task): RemoteOutput[] {
  const life = expires_at > 0 ? { untilMs: expires_at * 1_000 } : { lastsMs: dayMs };
  const output = (kind: RemoteOutput["kind"], url: string | undefined) =>
    url === undefined ? [] : [{ kind, url, life }];
  return result.data.flatMap(({ url, last_frame_url }) => [
    ...output("video", url),
    ...output("last_frame", last_frame_url),
  ]);
}

/**
 * `{"error":{"code":404,"message":"…","type":"…"}}`, `code` a number or a text; uploads answer
 * `{"success":false,"message":"…"}` (DOCUMENTED).
 */
const envelope = z.union([
  z.object({ error }),
  z.object({ success: z.literal(false), message: text }).transform(({ message }) => ({ error: { message } })),
]);

export function refusal(body: unknown): Refusal | undefined {
  const read = envelope.safeParse(body).data?.error;
  if (!read) return undefined;
  const code = "code" in read ? (read.code ?? read.type) : undefined;
  return { code, message: read.message ?? code ?? "The provider gives no reason" };
}
