import { createServer, connect as dial, type Socket } from "node:net";

/** What a proxy does to connections and their bytes. */
export interface NetworkFaults {
  /** Discards bytes from clients. */
  dropsRequests: boolean;
  /** Discards bytes from the server: commands take effect, their replies are lost. */
  dropsReplies: boolean;
  /** Resets new connections at once. */
  refuses: boolean;
  /** Delays each chunk by this time, in both directions. */
  delayMs: number;
}

const noFaults: NetworkFaults = { dropsRequests: false, dropsReplies: false, refuses: false, delayMs: 0 };

/** A TCP proxy on loopback with adjustable network faults. */
export interface FaultProxy extends AsyncDisposable {
  port: number;
  /** Port of the server; may be set after the proxy listens. */
  target: number;
  /** Replaces the current faults. Connections that lost bytes are reset, as a real network would do in the end. */
  setFaults(change: Partial<NetworkFaults>): void;
  /** Resets every connection. */
  cut(): void;
}

export async function startFaultProxy(target = 0): Promise<FaultProxy> {
  const links = new Set<Link>();
  let faults = noFaults;
  const server = createServer({ allowHalfOpen: false }, (client) => {
    if (faults.refuses) return client.resetAndDestroy();
    const link: Link = { client, upstream: dial(proxy.target, "127.0.0.1"), spoiled: false };
    links.add(link);
    relay(link, link.client, link.upstream, () => [faults.dropsRequests, faults.delayMs]);
    relay(link, link.upstream, link.client, () => [faults.dropsReplies, faults.delayMs]);
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
  const proxy: FaultProxy = {
    port: 0,
    target,
    setFaults: (change) => {
      faults = { ...noFaults, ...change };
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
  if (typeof address !== "object" || address === null) throw new Error("the fault proxy has no port");
  proxy.port = address.port;
  return proxy;
}

interface Link {
  client: Socket;
  upstream: Socket;
  /** Bytes were discarded. */
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
