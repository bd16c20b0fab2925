import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type Event, eventSchema } from "@reelqueue/contracts";
import { Webhook } from "standardwebhooks";

/** What came in so far. */
export interface Received {
  /** Genuine events by their webhook id, each once. */
  events: ReadonlyMap<string, Event>;
  /** How often a genuine one came again. */
  duplicates: number;
  /** Requests without a valid signature, or with a body that is no event. */
  notGenuine: number;
}

/** A webhook endpoint on loopback that believes only what the secret has signed. */
export interface Receiver extends AsyncDisposable {
  url: string;
  received: Received;
}

export async function startReceiver(secret: string): Promise<Receiver> {
  const events = new Map<string, Event>();
  const received = { events, duplicates: 0, notGenuine: 0 };
  const webhook = new Webhook(secret);
  const take = async (request: IncomingMessage): Promise<number> => {
    const event = genuine(webhook, await text(request), headersOf(request));
    if (event === undefined) {
      received.notGenuine += 1;
      return 400;
    }
    const id = `${request.headers["webhook-id"]}`;
    if (events.has(id)) received.duplicates += 1;
    events.set(id, event);
    return 204;
  };
  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(), // the sender broke off; it comes again
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${portOf(server)}/`, received, [Symbol.asyncDispose]: () => close(server) };
}

function genuine(webhook: Webhook, body: string, headers: Record<string, string>): Event | undefined {
  try {
    return eventSchema.safeParse(webhook.verify(body, headers)).data;
  } catch {
    return undefined;
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}`]));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
