import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { hiapi, jiekou } from "../plain/apis.ts";
import { openAnnouncer, openStore } from "../plain/outputs.ts";
import { openProvider } from "../plain/provider.ts";
import { connectTo, openQueues, type SubmitJob } from "../plain/queues.ts";
import { finalizeWorker, pollWorker, submitWorker } from "../plain/workers.ts";

/** One process of the plain solution; `WORKER` (or `ROLE`) says which: `api` accepts rows. */
const { env } = process;
const role = env.WORKER ?? env.ROLE;
const url = env.PROVIDER_URL ?? "";
const atProvider = [url, "simulator-key", Number(env.TIMEOUT_MS ?? 60_000)] as const;
const provider = env.PROVIDER === "jiekou" ? openProvider(jiekou, ...atProvider) : openProvider(hiapi, ...atProvider);
const redisUrl = env.REDIS_URL ?? "";
const queues = openQueues(connectTo(redisUrl));
const backoff = { firstMs: Number(env.FIRST_POLL_MS), longestMs: Number(env.LONGEST_POLL_MS) };
const options = { redisUrl, concurrency: Number(env.CONCURRENCY) };

const worker = role === "api" ? undefined : start();
worker?.on("error", (error) => console.error(error));
const server = worker === undefined ? createApi() : createServer((_, response) => response.end("ok"));
server.listen(Number(env.PORT), "127.0.0.1");
process.on("SIGTERM", async () => {
  await worker?.close();
  process.exit(0);
});

function start() {
  switch (role) {
    case "submitter":
      return submitWorker(provider, queues, backoff, options);
    case "poller":
      return pollWorker(provider, queues, backoff, options);
    default:
      return finalizeWorker(openStore(env.OUTPUTS), openAnnouncer(env.SECRET ?? ""), options);
  }
}

/** Accepts rows over HTTP. The idempotency key is the job id, so BullMQ drops repetitions while it keeps the job. */
function createApi() {
  return createServer(async (request, response) => {
    if (request.method !== "POST") return response.end("ok");
    const { prompt, resolution, seconds, webhook, idempotencyKey } = JSON.parse(await text(request)) as Body;
    await queues.submit.add("submit", { prompt, resolution, seconds, webhook }, { jobId: idempotencyKey });
    response.writeHead(202, { "content-type": "application/json" });
    return response.end(JSON.stringify({ generation: { id: idempotencyKey } }));
  });
}

interface Body extends SubmitJob {
  idempotencyKey: string;
}
