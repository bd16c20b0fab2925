import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import { freePort } from "../ports.ts";

/** What a proxy does to connections and their bytes. */
export interface NetworkFaults {
  /** Discards bytes from clients. */
  dropsRequests?: boolean;
  /** Discards bytes from the server: commands take effect, their replies are lost. */
  dropsReplies?: boolean;
  /** Resets new connections at once. */
  resets?: boolean;
  /** Resets every connection and does not listen. */
  refuses?: boolean;
  /** Delays each chunk by this time, in both directions. */
  delayMs?: number;
  /** Answers every HTTP request with these bytes; the server gets none of them. */
  answers?: string;
}

/** An HTTP request at the moment at which it reached the proxy. */
export interface Arrival {
  atMs: number;
  method: string;
  path: string;
}

export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>;

export interface FaultProxyOptions {
  /** Delays every chunk from the server. */
  latencyMs?: number;
  /** Records every HTTP request. */
  records?: boolean;
}

/**
 * Starts a TCP proxy on loopback with adjustable network faults. `target`: the port of the server, which may be set
 * later; `arrivals` are empty unless it records.
 */
export async function startFaultProxy(target = 0, { latencyMs = 0, records = false }: FaultProxyOptions = {}) {
  const [port, links, arrivals] = [await freePort(), new Set<Link>(), [] as Arrival[]];
  let faults: NetworkFaults = {};
  const server = createServer((client) => {
    if (faults.resets) return void client.resetAndDestroy();
    const link = { client, upstream: dial(proxy.target, "127.0.0.1"), spoiled: false };
    hold(link, links);
    relay(link, [link.client, link.upstream], (bytes) => {
      const request = requestIn(bytes);
      if (records && request !== undefined) arrivals.push({ atMs: Date.now(), ...request });
      if (faults.answers === undefined) return faults.dropsRequests ? undefined : (faults.delayMs ?? 0);
      if (request !== undefined) client.write(faults.answers);
      return undefined;
    });
    relay(link, [link.upstream, link.client], () =>
      faults.dropsReplies ? undefined : latencyMs + (faults.delayMs ?? 0),
    );
  });
  const cutWhere = (chosen: (link: Link) => boolean) => [...links].filter(chosen).forEach(reset);
  const proxy = {
    ...{ port, target, arrivals: arrivals as readonly Arrival[] },
    /** Root URL of an HTTP server behind it. */
    url: `http://127.0.0.1:${port}`,
    /** Replaces the current faults. Connections that lost bytes are reset, as a real network would do in the end. */
    setFaults: (next: NetworkFaults) => {
      faults = next;
      cutWhere(({ spoiled }) => spoiled || faults.refuses === true);
      if (faults.refuses) server.close();
      else if (!server.listening) server.listen(port, "127.0.0.1");
    },
    /** Resets every connection. */
    cut: () => cutWhere(() => true),
    [Symbol.asyncDispose]: async () => {
      cutWhere(() => true);
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await once(server.listen(port, "127.0.0.1"), "listening");
  return proxy;
}

interface Link {
  client: Socket;
  upstream: Socket;
  /** Bytes were discarded. */
  spoiled: boolean;
}

function hold(link: Link, links: Set<Link>): void {
  links.add(link);
  for (const socket of [link.client, link.upstream]) {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => {
      links.delete(link);
      reset(link);
    });
  }
}

/** Passes each chunk on after the delay that `delayOf` returns; discards it for `undefined`. */
function relay(link: Link, [from, to]: [Socket, Socket], delayOf: (bytes: Buffer) => number | undefined): void {
  let queue: Promise<void> = Promise.resolve();
  from.on("data", (bytes: Buffer) => {
    const delayMs = delayOf(bytes);
    link.spoiled ||= delayMs === undefined;
    if (delayMs === undefined) return;
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

/** The request whose head begins this chunk: a client writes a head at once, and only after the last answer. */
function requestIn(bytes: Buffer): Pick<Arrival, "method" | "path"> | undefined {
  const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(bytes.toString("latin1", 0, 2_048)) ?? [];
  return method === undefined || path === undefined ? undefined : { method, path };
}
