import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobCleanStatus, JobStatus, QueueAdapterOptions } from "@bull-board/api/typings/app";
import { FastifyAdapter } from "@bull-board/fastify";
import { type QueueName, queues } from "@reelqueue/contracts";
import { type Cell, LedgerError } from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import { bullPrefix } from "@reelqueue/queue";
import { redact, scrub } from "@reelqueue/runtime";
import { type Job, Queue } from "bullmq";
import type { FastifyPluginCallback } from "fastify";
import { maxJobsPerPage, Refused, refuse } from "./actions.ts";
import { deliveriesQueue } from "./deliveries.ts";
import { type GenerationsContext, generationsQueue } from "./generations.ts";
import { linkTo } from "./hooks.ts";
import { LedgerAdapter } from "./ledger-adapter.ts";
export type BoardContext = GenerationsContext & Pick<Installation, "connect" | "log">;

/** Bull Board over the ledger and BullMQ's queues, as a plugin; its connection closes with the scope. */
export function openBoard(scope: AsyncDisposableStack, ctx: BoardContext): FastifyPluginCallback {
  const { submit, finalize, poll } = openBullQueues(scope, ctx);
  const serverAdapter = new FastifyAdapter();
  createBullBoard({
    queues: [
      new LedgerAdapter(ctx.cell, generationsQueue(ctx)),
      new LedgerAdapter(ctx.cell, deliveriesQueue(ctx)),
      new BullAdapter(submit, {
        description: queues.submit.does,
        externalJobUrl: linkOfJob,
      }),
      new BullAdapter(poll, { description: queues.poll.does, readOnlyMode: true }),
      new BullAdapter(finalize, {
        description: queues.finalize.does,
        externalJobUrl: linkOfJob,
      }),
    ],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "reelqueue",
        environment: { label: `cell ${ctx.cell.name}`, color: "#3566c8", textColor: "#fff" },
        miscLinks: [{ text: "Log out", url: "/logout" }],
        hideDocsLink: true,
        sortQueues: false,
        showMetrics: false,
        locale: { lng: "en-US" },
      },
    },
  });
  serverAdapter.setErrorHandler((error) => toAnswer(error, ctx));
  return serverAdapter.registerPlugin();
}

/** A job that another program added may hold any data; the board asks for a link of every job. */
function linkOfJob({ data }: { data?: unknown }) {
  const { generation } = (data ?? {}) as { generation?: unknown };
  return typeof generation === "string"
    ? linkTo(generation)
    : { displayText: "no generation", href: "/queue/generations" };
}

/** `skipMetasUpdate`: the pipeline owns the settings of the queues. */
function openBullQueues(scope: AsyncDisposableStack, { cell, connect }: BoardContext): Record<QueueName, Queue> {
  const connection = scope.adopt(connect(), function closeConnection(redis) {
    redis.disconnect();
  });
  // each failing command reports its error; without a listener this event would end the process
  connection.on("error", () => {});
  const open = (name: QueueName) => {
    const queue = new Queue(queues[name].name, {
      connection,
      prefix: bullPrefix(cell.prefix),
      skipMetasUpdate: true,
    });
    queue.on("error", () => {});
    scope.defer(function closeQueue() {
      return queue.close();
    });
    return queue;
  };
  return { submit: open("submit"), poll: open("poll"), finalize: open("finalize") };
}

function toAnswer(error: Error, { cell, log }: BoardContext) {
  if (error instanceof Refused) return { status: 409 as const, body: { error: "Not done", message: error.message } };
  log.error({ event: "dashboard.failed", err: error }, "unhandled error of the board");
  return { status: 500 as const, body: faultOf(error, cell) };
}

/** What the page shows for a fault of the server: `error` in bold, `message` below it. */
export function faultOf(error: Error, { redis }: Cell): { error: string; message: string } {
  const kind = error instanceof LedgerError ? error.kind : undefined;
  if (kind === "unavailable" || redis.status !== "ready") {
    return {
      error: "Redis is unavailable",
      message: "Redis does not answer. This page shows the queues again once it does.",
    };
  }
  if (kind !== undefined) return { error: "The ledger cannot do this", message: scrub(error.message) };
  return { error: "Internal error", message: "The log has the details." };
}

const maxCleaned = 100;
const unbounded = "This would act on a whole queue at once.";

/** Bull Board's own adapter for BullMQ, without the actions on an unbounded number of jobs. */
class BullAdapter extends BullMQAdapter {
  readonly #queue: Queue;

  constructor(queue: Queue, options: Partial<QueueAdapterOptions>) {
    super(queue, options);
    this.#queue = queue;
    for (const field of ["data", "returnValue", "progress"] as const) this.setFormatter(field, redact);
  }

  override getJobs(statuses: JobStatus[], start = 0, end = start + maxJobsPerPage - 1): Promise<Job[]> {
    return super.getJobs(statuses, start, Math.min(end, start + maxJobsPerPage - 1));
  }

  /** Cleans the oldest hundred. */
  override async clean(status: JobCleanStatus, graceTimeMs: number): Promise<void> {
    await this.#queue.clean(graceTimeMs, maxCleaned, status);
  }

  override empty = (): Promise<void> => refuse(unbounded);
  override obliterate = (): Promise<void> => refuse(unbounded);
  override promoteAll = (): Promise<void> => refuse(unbounded);
}
