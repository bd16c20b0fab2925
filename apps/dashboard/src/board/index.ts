import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import { type QueueName, queues } from "@reelqueue/contracts";
import { type Cell, LedgerError } from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import { bullPrefix } from "@reelqueue/queue";
import { scrub } from "@reelqueue/runtime";
import { Queue } from "bullmq";
import type { FastifyPluginCallback } from "fastify";
import { Refused } from "./actions.ts";
import { BullAdapter } from "./bull-adapter.ts";
import { deliveriesQueue } from "./deliveries.ts";
import { generationsQueue } from "./generations.ts";
import { LedgerAdapter } from "./ledger-adapter.ts";
import { linkTo } from "./shown.ts";

export type BoardContext = Pick<Installation, "cell" | "transitions" | "accounts" | "connect" | "log">;

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
        externalJobUrl: ({ data }) => linkTo(data.generation),
      }),
      new BullAdapter(poll, { description: queues.poll.does, readOnlyMode: true }),
      new BullAdapter(finalize, {
        description: queues.finalize.does,
        externalJobUrl: ({ data }) => linkTo(data.generation),
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
