import type { Installation, Loops } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";

const everyMs = 5_000;

/** The repeatable BullMQ job that wakes the loops of this process if their own timers stop; Bull Board shows it. */
export async function tick(
  { cell, connect, queues, log }: Installation,
  loops: readonly Loops[],
): Promise<AsyncDisposable> {
  const keep = () =>
    queues
      .ensureTick(everyMs)
      .catch((error) =>
        log.warn({ event: "poller.tick_not_set", err: error }, "repeatable tick not set, retrying in 60 s"),
      );
  await keep();
  // The keys of BullMQ may be deleted, the scheduler's too.
  const timer = setInterval(keep, 60_000);
  const consumer = consume(
    "poll",
    async () => {
      for (const loop of loops) loop.wake();
      return { kind: "done" };
    },
    {
      connect,
      prefix: cell.prefix,
      concurrency: 1,
      onError: (error) => log.warn({ event: "poller.tick_failed", err: error }, "tick failed"),
    },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await consumer[Symbol.asyncDispose]();
    },
  };
}
