import type { Installation, Loops } from "@reelqueue/pipeline";
import { consume } from "@reelqueue/queue";

const everyMs = 5_000;

/** The repeatable job that wakes the loops of this process, should their own timers ever stop; visible in Bull Board. */
export async function tick(
  { cell, connect, queues, log }: Installation,
  loops: readonly Loops[],
): Promise<AsyncDisposable> {
  const keep = () =>
    queues
      .keepTicking(everyMs)
      .catch((error) => log.warn({ err: error }, "the repeatable tick could not be set; it is set again in a minute"));
  await keep();
  // Somebody may delete BullMQ's keys, the scheduler among them.
  const timer = setInterval(keep, 60_000);
  const consumer = consume(
    "poll",
    async () => {
      for (const loop of loops) loop.wake();
      return { kind: "done" };
    },
    { connect, prefix: cell.prefix, concurrency: 1, onError: (error) => log.warn({ err: error }, "a tick failed") },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await consumer[Symbol.asyncDispose]();
    },
  };
}
