import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import { queues as catalogue, type QueueName } from "@reelqueue/contracts";
import { LedgerError } from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";
import { bullPrefix } from "@reelqueue/queue";
import { scrub } from "@reelqueue/runtime";
import { Queue } from "bullmq";
import type { FastifyPluginCallback } from "fastify";
import { BullAdapter } from "./bull-adapter.ts";
import { deliveriesQueue } from "./deliveries.ts";
import { generationsQueue } from "./generations.ts";
import { LedgerAdapter } from "./ledger-adapter.ts";
import { Refused } from "./refused.ts";
import { linkTo } from "./shown.ts";

export type BoardDeps = Pick<Installation, "cell" | "transitions" | "accounts" | "connect" | "log">;

/** Bull Board over the ledger and BullMQ's queues, as a plugin; its connection closes with the scope. */
export function openBoard(scope: AsyncDisposableStack, deps: BoardDeps): FastifyPluginCallback {
  const { submit, finalize, poll } = openBullQueues(scope, deps);
  const serverAdapter = new FastifyAdapter();
  createBullBoard({
    queues: [
      new LedgerAdapter(deps.cell, generationsQueue(deps)),
      new LedgerAdapter(deps.cell, deliveriesQueue(deps)),
      new BullAdapter(submit, {
        description: catalogue.submit.does,
        externalJobUrl: ({ data }) => linkTo(data.generation),
      }),
      new BullAdapter(poll, { description: catalogue.poll.does, readOnlyMode: true }),
      new BullAdapter(finalize, {
        description: catalogue.finalize.does,
        externalJobUrl: ({ data }) => linkTo(data.generation),
      }),
    ],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "reelqueue",
        environment: { label: `cell ${deps.cell.name}`, color: "#3566c8", textColor: "#fff" },
        miscLinks: [{ text: "Log out", url: "/logout" }],
        hideDocsLink: true,
        sortQueues: false,
        showMetrics: false,
        locale: { lng: "en-US" },
      },
    },
  });
  serverAdapter.setErrorHandler((error) => toAnswer(error, deps));
  return serverAdapter.registerPlugin();
}

/** Reading only: the settings of a queue are those that the pipeline gives it. */
function openBullQueues(scope: AsyncDisposableStack, { cell, connect }: BoardDeps): Record<QueueName, Queue> {
  const connection = scope.adopt(connect(), function closeConnection(redis) {
    redis.disconnect();
  });
  // whoever asks is told that Redis is away; without a listener the connection's own report would end the process
  connection.on("error", () => {});
  const open = (name: QueueName) => {
    const queue = new Queue(catalogue[name].name, {
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

/** What the page shows for a fault: an error in bold and a sentence below it. */
function toAnswer(error: Error, { cell, log }: BoardDeps) {
  if (error instanceof Refused) return { status: 409 as const, body: { error: "Not done", message: error.message } };
  log.error({ event: "dashboard.failed", err: error }, "unhandled error of the board");
  return { status: 500 as const, body: faultOf(error, cell.redis.status !== "ready") };
}

function faultOf(error: Error, away: boolean): { error: string; message: string } {
  const fault = error instanceof LedgerError ? error.kind : "none";
  if (away || fault === "unavailable") {
    return { error: "Redis is away", message: "Redis does not answer; this page shows the queues again once it does." };
  }
  if (fault !== "none") return { error: "The ledger cannot do this", message: scrub(error.message) };
  return { error: "Internal error", message: "The log has the details." };
}
