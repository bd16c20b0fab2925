import { enqueueAll } from "../rig/producer.ts";
import { prompts, rowsOf } from "../rig/prompts.ts";
import { billOf, received } from "../rig/received.ts";
import { entryFile, startInstallation } from "../rig/system.ts";
import { type Load, measured, simulatorEnv } from "./load.ts";

/** Runs the load through reelqueue. */
export async function ours(load: Load) {
  await using scope = new AsyncDisposableStack();
  const { producer, simulator, receiver, meters } = await startInstallation(scope, {
    simulator: simulatorEnv(load),
    account: { timeScale: load.timeScale, limits: { inFlight: load.inFlight, requestsPerMinute: 1e9 } },
    workers: {
      SUBMIT_CONCURRENCY: `${load.concurrency.submit}`,
      POLL_CONCURRENCY: `${load.concurrency.poll}`,
      FINALIZE_CONCURRENCY: `${load.concurrency.finalize}`,
      DELIVER_CONCURRENCY: `${load.concurrency.finalize}`,
      DELIVER_PER_ENDPOINT: `${load.concurrency.finalize}`,
    },
    ...(load.outputBytes === 0 && { entries: { finalizer: entryFile("finalizer-discard") } }),
  });
  const texts = prompts(600);
  const row = { resolution: "480p", seconds: 4, webhook: receiver.url } as const;
  return await measured(load, meters, {
    through: async (count) => void (await enqueueAll(producer, rowsOf(count, row, texts))),
    done: (total) => received(receiver, total, load.timeoutMs),
    bill: () => billOf(simulator),
  });
}
