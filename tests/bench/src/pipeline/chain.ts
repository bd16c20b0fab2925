import { startMember } from "@reelqueue/testing";
import { Queue } from "bullmq";
import { connectTo } from "../plain/queues.ts";
import { openMeters, usagePer } from "../rig/meters.ts";
import { received } from "../rig/received.ts";
import { entryFile, startRedis } from "../rig/system.ts";

/** Passes items through three queues without other work: the throughput of BullMQ alone. */
export async function chain(items: number, warmUp: number, timeoutMs: number) {
  await using scope = new AsyncDisposableStack();
  const system = await startRedis(scope);
  const { redis } = system;
  const [workers] = await system.start([{ name: "chain", entry: entryFile("chain"), env: {} }], startMember);
  const connection = connectTo(redis.url);
  scope.defer(() => connection.disconnect());
  const first = new Queue("a", { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
  const meters = scope.use(openMeters(redis.url, { workers: workers.pid, producer: process.pid }));
  const through = async (count: number, total: number) => {
    for (let start = 0; start < count; start += 1_000) {
      const length = Math.min(1_000, count - start);
      await first.addBulk(Array.from({ length }, (_, i) => ({ name: "hop", data: { item: start + i } })));
    }
    await received(workers, total, timeoutMs);
  };
  await through(warmUp, warmUp);
  const before = await meters.read();
  await through(items, warmUp + items);
  const usage = usagePer(items, before, await meters.read());
  return { perSecond: items / usage.seconds, usage };
}
