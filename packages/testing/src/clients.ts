import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";

/** Runs the action and fails if it leaves a client connected. The Redis must be the test's own. */
export async function expectNoClientLeft(url: string, action: () => Promise<void>): Promise<void> {
  const watch = new Redis(url);
  try {
    const before = await clientsOf(watch);
    await action();
    let after = before;
    await eventually(
      async () => {
        after = await clientsOf(watch);
        return after <= before;
      },
      { describe: `as few clients as before (${before}) are connected`, timeoutMs: 2_000 },
    ).catch((error: unknown) => {
      throw new Error(`${after - before} Redis clients were left connected`, { cause: error });
    });
  } finally {
    watch.disconnect();
  }
}

async function clientsOf(watch: Redis): Promise<number> {
  return Number(/connected_clients:(\d+)/.exec(await watch.info("clients"))?.[1]);
}
