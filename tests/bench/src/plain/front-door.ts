import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { PlainQueues, SubmitJob } from "./queues.ts";

/** Takes requests over HTTP; the idempotency key is the id of the job, so that BullMQ drops a repetition that it still remembers. */
export function serveFrontDoor(queues: PlainQueues): Server {
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
