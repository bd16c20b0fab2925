import type { AppJob, AppQueue } from "@bull-board/api/typings/app";
import type { GenerationRequest } from "@reelqueue/contracts";
import { redact, scrub } from "@reelqueue/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isChange } from "../guard.ts";
import { maxJobsPerPage, refusalOf } from "./actions.ts";
/** Runs before every handler of Bull Board and refuses each action that is not allowed by name. */
export async function refuseActions(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (!isChange(request)) return refusePage(request, reply);
  const { queueName, queueStatus } = request.params as { queueName?: string; queueStatus?: string };
  const message = refusalOf({
    method: request.method,
    route: request.routeOptions.url ?? "",
    ...(queueName !== undefined && { queue: queueName }),
    ...(queueStatus !== undefined && { status: queueStatus }),
  });
  return message === undefined ? undefined : reply.code(403).send({ error: "Not offered", message });
}

/** A larger page is refused: cut to the limit, it would skip rows silently. */
function refusePage(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { jobsPerPage } = request.query as { jobsPerPage?: string };
  if (jobsPerPage === undefined || Number(jobsPerPage) <= maxJobsPerPage) return undefined;
  return reply.code(400).send({ error: "Page too large", message: `Ask for at most ${maxJobsPerPage} jobs per page.` });
}

/**
 * Removes secrets from the errors in an answer of Bull Board, and every button but an operator's on the page of one
 * queue.
 */
export async function presentTo(request: FastifyRequest, _reply: FastifyReply, payload: unknown): Promise<unknown> {
  const body = payload as { queues?: AppQueue[]; job?: AppJob } | null;
  const { activeQueue } = request.query as { activeQueue?: string };
  const hasButtons = ({ name }: AppQueue) => request.visitor?.role === "operator" && name === activeQueue;
  if (body?.queues) return { ...body, queues: body.queues.map((queue) => toShownQueue(queue, hasButtons(queue))) };
  if (body?.job) return { ...body, job: withoutSecrets(body.job) };
  return payload;
}

/** Removes what a page of Bull Board loads from another host: its fonts. */
export async function withoutOtherHosts(_request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  if (typeof payload !== "string" || !String(reply.getHeader("content-type")).startsWith("text/html")) return payload;
  return payload.replaceAll(/<link\b[^>]*\bhref="https?:[^>]*>/g, "");
}

function toShownQueue(queue: AppQueue, hasButtons: boolean): AppQueue {
  const buttons = hasButtons ? {} : { readOnlyMode: true, allowRetries: false, allowCompletedRetries: false };
  return { ...queue, ...buttons, jobs: queue.jobs.map(withoutSecrets) };
}

function withoutSecrets(job: AppJob): AppJob {
  const reason = job.failedReason === undefined ? {} : { failedReason: scrub(job.failedReason) };
  return { ...job, ...reason, stacktrace: job.stacktrace.map(scrub) };
}

/** A request as the board shows it: without secrets, and with shortened URLs. */
export function shownRequest(request: GenerationRequest): unknown {
  const { webhook, images, videos, audios, ...rest } = request;
  return redact({
    ...rest,
    ...(images.length > 0 && { images: images.map(withoutQuery) }),
    ...(videos.length > 0 && { videos: videos.map(withoutQuery) }),
    ...(audios.length > 0 && { audios: audios.map(withoutQuery) }),
    ...(webhook !== undefined && { webhook: shownEndpoint(webhook) }),
  });
}

/** The origin of a webhook URL; its path may be a secret. */
export function shownEndpoint(url: string): string {
  const origin = URL.parse(url)?.origin;
  return origin === undefined ? "[not a URL]" : `${origin}/…`;
}

/** The query of a media URL is often a signature. */
function withoutQuery<Media extends { url: string }>(media: Media): Media {
  const url = URL.parse(media.url);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return media;
  return { ...media, url: `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}` };
}

/** The link from a job to its generation. */
export function linkTo(generation: string): { displayText: string; href: string } {
  return { displayText: "generation", href: `/queue/generations/${encodeURIComponent(generation)}` };
}
