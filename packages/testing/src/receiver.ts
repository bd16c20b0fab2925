import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { eventually } from "@reelqueue/system/testing";
import { Webhook } from "standardwebhooks";

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

export interface Receiver extends AsyncDisposable {
  url: string;
  received: Received[];
  /** The answers to the next requests, in this order; 200 afterwards. */
  answerNext(...answers: Answer[]): void;
  /** Resolves with all requests once at least `count` have arrived. Default timeout 10 s. */
  arrived(count: number, timeoutMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** A webhook endpoint on loopback that records every request; the Standard Webhooks library verifies signatures. */
export async function startReceiver({ secret }: { secret?: string } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Answer[] = [];
  const webhook = secret === undefined ? undefined : new Webhook(secret);
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = headersOf(request);
    const answer = answers.shift() ?? 200;
    const verified = webhook && verifies(webhook, body, headers);
    received.push({ id: headers["webhook-id"] ?? "", headers, body, verified, status: answer === "cut" ? 0 : answer });
    if (answer === "cut") return request.socket.destroy();
    return response.writeHead(answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    received,
    answerNext: (...next) => void answers.push(...next),
    arrived: (count, timeoutMs = 10_000) =>
      eventually(() => received.length >= count && received, { describe: `${count} webhooks arrive`, timeoutMs }),
    close,
    [Symbol.asyncDispose]: close,
  };
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
