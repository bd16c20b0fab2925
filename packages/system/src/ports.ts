import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { takeLock } from "./lock.mjs";
import { SystemError } from "./machine.ts";

/** Below the ephemeral port range, so that no client socket takes one, and below the blocks of `holdPorts`. */
const singles = { first: 10_000, count: 10_000 };

/** A loopback port on which nothing listens at the moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = singles.first + Math.floor(Math.random() * singles.count);
    if (!(await portTaken(port))) return port;
  }
  return await listenOnce(0);
}

/** Whether something listens on this loopback port. */
export async function portTaken(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => false,
    () => true,
  );
}

/** Blocks of ten below the ephemeral port range, so that no client socket takes one. */
const blocks = { first: 20_000, ports: 10, count: 1_276 };

/**
 * Up to ten consecutive free loopback ports, reserved among the callers of this function until `release` or the end of
 * this process.
 */
export async function holdPorts(count: number): Promise<{ ports: number[]; release: () => void }> {
  const start = Math.floor(Math.random() * blocks.count);
  for (let attempt = 0; attempt < blocks.count; attempt += 1) {
    const first = blocks.first + ((start + attempt) % blocks.count) * blocks.ports;
    const lock = takeLock(join(tmpdir(), `reelqueue-ports-${userInfo().uid}`, `${first}.lock`));
    if ("heldBy" in lock) continue;
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if (!(await Promise.all(ports.map(portTaken))).includes(true)) return { ports, release: lock.release };
    lock.release();
  }
  throw new SystemError(`There are no ${count} consecutive free ports from ${blocks.first} on.`);
}

/** The port stored in the file, so that a server keeps its address; if it is taken, a new one, stored there. */
export async function rememberedPort(file: string): Promise<number> {
  const last = existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : Number.NaN;
  if (Number.isSafeInteger(last) && !(await portTaken(last))) return last;
  const port = await freePort();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${port}\n`);
  return port;
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
