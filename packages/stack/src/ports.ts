import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";

/** A loopback port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

/** Whether somebody listens on this loopback port. */
export async function portTaken(port: number): Promise<boolean> {
  return await listenOnce(port).then(
    () => false,
    () => true,
  );
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
