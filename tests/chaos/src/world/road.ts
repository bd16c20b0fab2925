import { createServer, connect as dial, type Socket } from "node:net";

/** What a proxy does with the bytes that come to it. */
export interface Weather {
  /** What clients send goes nowhere. */
  dropsRequests: boolean;
  /** What the server answers goes nowhere: the command has run, and nobody hears of it. */
  dropsReplies: boolean;
  /** New connections are closed at once. */
  refuses: boolean;
  /** Each piece is held for so long, both ways. */
  delayMs: number;
}

const fair: Weather = { dropsRequests: false, dropsReplies: false, refuses: false, delayMs: 0 };

/** A TCP proxy on loopback whose network can be made to lie. */
export interface Road extends AsyncDisposable {
  port: number;
  /** Where it leads; may be set after it listens. */
  target: number;
  /** From now on. Whoever lost bytes has its connection closed when the weather changes, as a real network would in the end. */
  weather(change: Partial<Weather>): void;
  /** Closes every connection with a reset. */
  cut(): void;
}

export async function openRoad(target = 0): Promise<Road> {
  const links = new Set<Link>();
  let weather = fair;
  const server = createServer({ allowHalfOpen: false }, (client) => {
    if (weather.refuses) return client.resetAndDestroy();
    const link: Link = { client, upstream: dial(road.target, "127.0.0.1"), spoiled: false };
    links.add(link);
    relay(link, link.client, link.upstream, () => [weather.dropsRequests, weather.delayMs]);
    relay(link, link.upstream, link.client, () => [weather.dropsReplies, weather.delayMs]);
    for (const socket of [link.client, link.upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        links.delete(link);
        reset(link);
      });
    }
    return undefined;
  });
  const cutWhere = (chosen: (link: Link) => boolean) => [...links].filter(chosen).forEach(reset);
  const road: Road = {
    port: 0,
    target,
    weather: (change) => {
      weather = { ...fair, ...change };
      cutWhere(({ spoiled }) => spoiled);
    },
    cut: () => cutWhere(() => true),
    [Symbol.asyncDispose]: async () => {
      cutWhere(() => true);
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the road has no port although it listens");
  road.port = address.port;
  return road;
}

interface Link {
  client: Socket;
  upstream: Socket;
  /** Bytes of it were dropped: it can never be whole again. */
  spoiled: boolean;
}

function relay(link: Link, from: Socket, to: Socket, now: () => [drops: boolean, delayMs: number]): void {
  let queue: Promise<void> = Promise.resolve();
  from.on("data", (bytes) => {
    const [drops, delayMs] = now();
    link.spoiled ||= drops;
    if (link.spoiled && drops) return;
    const arrivesAt = performance.now() + delayMs;
    queue = queue.then(async () => {
      const waitMs = arrivesAt - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (!to.destroyed) to.write(bytes);
    });
  });
  from.on("end", () => {
    queue = queue.then(() => void to.end());
  });
}

function reset({ client, upstream }: Link): void {
  client.resetAndDestroy();
  upstream.resetAndDestroy();
}
