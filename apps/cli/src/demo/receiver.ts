import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type Event, eventSchema } from "@reelqueue/contracts";
import { Webhook } from "standardwebhooks";

/** The requests so far. */
export interface Received {
  /** Verified events by their webhook id. */
  events: ReadonlyMap<string, Event>;
  /** Repeated deliveries of verified events. */
  duplicates: number;
  /** Requests without a valid signature, or whose body is not an event. */
  invalid: number;
}

/** A webhook endpoint on loopback; it accepts only events signed with the secret. */
export interface Receiver extends AsyncDisposable {
  url: string;
  received: Received;
}

export async function startReceiver(secret: string): Promise<Receiver> {
  const events = new Map<string, Event>();
  const received = { events, duplicates: 0, invalid: 0 };
  const webhook = new Webhook(secret);
  const take = async (request: IncomingMessage): Promise<number> => {
    const event = verifiedEvent(webhook, await text(request), headersOf(request));
    if (event === undefined) {
      received.invalid += 1;
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
      () => response.destroy(), // the sender disconnected and will retry
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${portOf(server)}/`, received, [Symbol.asyncDispose]: () => close(server) };
}

function verifiedEvent(webhook: Webhook, body: string, headers: Record<string, string>): Event | undefined {
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
