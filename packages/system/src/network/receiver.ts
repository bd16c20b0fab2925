import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { eventually } from "../eventually.ts";
import { listen } from "./listen.ts";

export interface Received {
  /** The `webhook-id` header. */
  id: string;
  headers: Record<string, string>;
  /** The bytes as received. */
  body: string;
  /** Whether the signature is valid; `undefined` if the receiver has no secret. */
  verified: boolean | undefined;
  /** The status of the answer; 0 for `cut`. */
  status: number;
}

/** A status, or `cut`: the connection is closed without an answer. */
export type Answer = number | "cut";

export interface ReceiverOptions {
  /** Verifies signatures. */
  secret?: string;
  /** Default: any free one. */
  port?: number;
  /** `ids`: keeps only ids and reads no body, which costs less CPU time. Default: `all`. */
  keep?: "all" | "ids";
}

/** A webhook endpoint on loopback; a GET answers `{ events }`, the number of different ids. */
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** Starts a receiver; the Standard Webhooks library verifies signatures. */
export async function startReceiver({ secret, port = 0, keep = "all" }: ReceiverOptions = {}) {
  const [received, ids, answers] = [[] as Received[], new Set<string>(), [] as Answer[]];
  const webhook = secret === undefined ? undefined : new Webhook(secret);
  const take = async (request: IncomingMessage): Promise<Answer> => {
    const body = keep === "ids" ? await discarded(request) : await text(request);
    const headers = headersOf(request);
    const [id, answer] = [headers["webhook-id"] ?? "", answers.shift() ?? 200];
    ids.add(id);
    const verified = webhook && verifies(webhook, body, headers);
    if (keep === "all") received.push({ id, headers, body, verified, status: answer === "cut" ? 0 : answer });
    return answer;
  };
  const server = createServer((request, response) => {
    if (request.method === "GET") return void response.end(JSON.stringify({ events: ids.size }));
    return void take(request).then(
      (answer) => (answer === "cut" ? request.socket.destroy() : response.writeHead(answer).end()),
      () => response.destroy(), // the sender disconnected
    );
  });
  server.keepAliveTimeout = 60_000;
  const listening = await listen(server, port);
  return {
    ...listening,
    url: `${listening.url}/webhook`,
    /** Every request; empty where only ids are kept. */
    received,
    /** The answers to the next requests, in this order; 200 afterwards. */
    answerNext: (...next: Answer[]) => void answers.push(...next),
    /** Resolves with all requests once at least `count` have arrived. */
    arrived: (count: number, timeoutMs = 10_000): Promise<Received[]> =>
      eventually(() => received.length >= count && received, { describe: `${count} webhooks arrive`, timeoutMs }),
  };
}

async function discarded(request: IncomingMessage): Promise<string> {
  await once(request.resume(), "end");
  return "";
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, `${value}`]));
}

function verifies(webhook: Webhook, body: string, headers: Record<string, string>): boolean {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
