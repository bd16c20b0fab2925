import type { GenerationInput } from "@reelqueue/contracts";
import { prompts } from "../rig/prompts.ts";
import { billOf, received } from "../rig/received.ts";
import { entryFile, type Installation, startInstallation } from "../rig/system.ts";
import { type Load, type Measured, measured, simulatorEnv } from "./load.ts";

/** Runs the load through reelqueue. */
export async function ours(load: Load): Promise<Measured> {
  await using scope = new AsyncDisposableStack();
  const system = await startInstallation(scope, {
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
    ...(load.flags !== undefined && { flags: load.flags }),
  });
  const texts = prompts(600);
  const through = (count: number) => enqueue(system, texts, count);
  return await measured(load, system.meters, {
    through,
    done: (total) => received(system.receiver, total, load.timeoutMs),
    bill: () => billOf(system.simulator),
  });
}

async function enqueue({ producer, receiver }: Installation, texts: Generator<string>, count: number): Promise<void> {
  const rows = await producer.enqueueMany(
    Array.from(
      { length: count },
      (): GenerationInput => ({ prompt: texts.next().value, resolution: "480p", seconds: 4, webhook: receiver.url }),
    ),
  );
  const refused = rows.find(({ kind }) => kind !== "accepted");
  if (refused) throw new Error(`a row was not accepted: ${JSON.stringify(refused)}`);
}
