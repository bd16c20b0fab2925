import { createServer } from "node:http";
import { openAnnouncer, openKeeper } from "../plain/outputs.ts";
import { openProvider } from "../plain/provider.ts";
import { connectTo, openQueues } from "../plain/queues.ts";
import { finalizeWorker, pollWorker, submitWorker } from "../plain/workers.ts";

/** One worker process of the plain solution; `WORKER` says which. */
const { env } = process;
const provider = openProvider(env.PROVIDER_URL ?? "", "twin-key");
const redisUrl = env.REDIS_URL ?? "";
const queues = openQueues(connectTo(redisUrl));
const backoff = { firstMs: Number(env.FIRST_POLL_MS), longestMs: Number(env.LONGEST_POLL_MS) };
const options = { redisUrl, concurrency: Number(env.CONCURRENCY) };

const worker = start();
worker.on("error", (error) => console.error(error));
createServer((_, response) => response.end("ok")).listen(Number(env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));

function start() {
  switch (env.WORKER) {
    case "submitter":
      return submitWorker(provider, queues, backoff, options);
    case "poller":
      return pollWorker(provider, queues, backoff, options);
    default:
      return finalizeWorker(openKeeper(env.OUTPUTS), openAnnouncer(env.SECRET ?? ""), options);
  }
}
