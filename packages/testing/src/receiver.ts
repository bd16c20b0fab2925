import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { eventually } from "./eventually.ts";

export interface Received {
  /** The `webhook-id` header. */
  id: string;
  headers: Record<string, string>;
  /** Byte for byte as it came. */
  body: string;
  /** Whether the signature holds; `undefined` where the receiver has no secret. */
  verified: boolean | undefined;
  /** What it was answered. */
  status: number;
}

/** What one request is answered: a status, or `cut` to close the connection without an answer. */
export type Answer = number | "cut";

export interface Receiver extends AsyncDisposable {
  url: string;
  received: Received[];
  /** Answers the next requests in this order; afterwards it is 200 again. */
  answerNext(...answers: Answer[]): void;
  /** Resolves with all that came once that many have come. */
  arrived(count: number, timeoutMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** A webhook endpoint on loopback that records what comes and checks each signature by the Standard Webhooks library. */
export async function startReceiver({ secret }: { secret?: string } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const answers: Answer[] = [];
  const webhook = secret === undefined ? undefined : new Webhook(secret);
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = flat(request);
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

function flat(request: IncomingMessage): Record<string, string> {
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
