import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { SystemError } from "./error.ts";
import { takeLock } from "./lock.mjs";

/** Ports below those that systems deal out by themselves, so that no client's socket takes one by chance, and below the blocks of `holdPorts`. */
const singles = { first: 10_000, count: 10_000 };

/** A loopback port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < 100; tried += 1) {
    const port = singles.first + Math.floor(Math.random() * singles.count);
    if (!(await portTaken(port))) return port;
  }
  return await listenOnce(0);
}

/** Whether somebody listens on this loopback port. */
export async function portTaken(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => false,
    () => true,
  );
}

/** Blocks of ten below the ports that systems deal out by themselves, so that no client's socket takes one by chance. */
const blocks = { first: 20_000, ports: 10, count: 1_276 };

/** Up to ten loopback ports on which nobody listens, and which no other caller of this function gets before they are released or this process ends. */
export async function holdPorts(count: number): Promise<{ ports: number[]; release: () => void }> {
  const start = Math.floor(Math.random() * blocks.count);
  for (let tried = 0; tried < blocks.count; tried += 1) {
    const first = blocks.first + ((start + tried) % blocks.count) * blocks.ports;
    const lock = takeLock(join(tmpdir(), `reelqueue-ports-${userInfo().uid}`, `${first}.lock`));
    if ("heldBy" in lock) continue;
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if (!(await Promise.all(ports.map(portTaken))).includes(true)) return { ports, release: lock.release };
    lock.release();
  }
  throw new SystemError("port_taken", `There are no ${count} free ports in a row from ${blocks.first} on.`);
}

/** The port noted in the file, so that other programs find a server where it was; another one if that is taken. */
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
      const taken = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
