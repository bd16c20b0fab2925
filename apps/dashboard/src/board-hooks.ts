import type { AppJob, AppQueue } from "@bull-board/api/typings/app";
import { scrub } from "@reelqueue/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import { refusalOf } from "./board/actions.ts";
import { mostPerPage } from "./board/queue-kinds.ts";
import { changes } from "./guard.ts";

/** Stands before every handler of Bull Board: what is not allowed by name is not done. */
export async function refuseActions(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (!changes(request)) return refusePage(request, reply);
  const { queueName, queueStatus } = request.params as { queueName?: string; queueStatus?: string };
  const message = refusalOf({
    method: request.method,
    route: request.routeOptions.url ?? "",
    ...(queueName !== undefined && { queue: queueName }),
    ...(queueStatus !== undefined && { status: queueStatus }),
  });
  return message === undefined ? undefined : reply.code(403).send({ error: "Not offered", message });
}

/** A larger page would be cut, and rows would be skipped silently. */
function refusePage(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { jobsPerPage } = request.query as { jobsPerPage?: string };
  if (jobsPerPage === undefined || Number(jobsPerPage) <= mostPerPage) return undefined;
  return reply.code(400).send({ error: "Page too large", message: `Ask for at most ${mostPerPage} jobs per page.` });
}

/** Every answer of Bull Board as a visitor gets it: errors without secrets, and buttons for an operator on the page of one queue only. */
export async function showTo(request: FastifyRequest, _reply: FastifyReply, payload: unknown): Promise<unknown> {
  const body = payload as { queues?: AppQueue[]; job?: AppJob } | null;
  const { activeQueue } = request.query as { activeQueue?: string };
  const hasButtons = ({ name }: AppQueue) => request.visitor?.role === "operator" && name === activeQueue;
  if (body?.queues) return { ...body, queues: body.queues.map((queue) => shown(queue, hasButtons(queue))) };
  if (body?.job) return { ...body, job: withoutSecrets(body.job) };
  return payload;
}

function shown(queue: AppQueue, hasButtons: boolean): AppQueue {
  const buttons = hasButtons ? {} : { readOnlyMode: true, allowRetries: false, allowCompletedRetries: false };
  return { ...queue, ...buttons, jobs: queue.jobs.map(withoutSecrets) };
}

function withoutSecrets(job: AppJob): AppJob {
  const reason = job.failedReason === undefined ? {} : { failedReason: scrub(job.failedReason) };
  return { ...job, ...reason, stacktrace: job.stacktrace.map(scrub) };
}
