import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as ledger from "@reelqueue/ledger";
import { simulatorAt, startFaultProxy } from "@reelqueue/testing";
import { enqueueAll, openProducer, writeConfig } from "../rig/producer.ts";
import { rowsOf } from "../rig/prompts.ts";
import { openCell, teach } from "../rig/running.ts";
import { entryFile, startSurroundings, startWorkers } from "../rig/system.ts";

/** Limits of the account, median run time of its tasks, and number of waiting rows. */
export interface Account {
  inFlight: number;
  perMinute: number;
  medianMs: number;
  backlog: number;
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

const sigma = 0.3;

/**
 * Starts reelqueue with the timing of production, one account behind a fault proxy, and more rows than it can process.
 */
export async function openScene(scope: AsyncDisposableStack, account: Account) {
  const { inFlight, perMinute, medianMs } = account;
  const { system, redisUrl, simulator } = await startSurroundings(scope, {
    SIMULATOR_LIMITS: JSON.stringify({ hiapi: { requestsPerMinute: perMinute, concurrent: inFlight } }),
    SIMULATOR_GENERATION_MS: JSON.stringify({ median: medianMs, sigma }),
    SIMULATOR_OUTPUTS: "tiny",
  });
  const proxy = system.scope.use(await startFaultProxy(Number(new URL(simulator.url).port), { records: true }));
  const config = writeConfig(proxy.url, { limits: { inFlight, requestsPerMinute: perMinute } });
  const refusals = join(tmpdir(), "refusals");
  const cell = scope.use(await openCell(redisUrl));
  await teach(cell, medianMs, sigma);
  await using producer = await openProducer(redisUrl, config);
  await enqueueAll(producer, rowsOf(account.backlog, {}));
  const flags = ["--import", pathToFileURL(entryFile("refusals")).href];
  await startWorkers(system, { REFUSALS: refusals, ...config }, { flags });
  return {
    proxy,
    /** When each request was sent, including refused connections. */
    requests: () => [...proxy.arrivals.map(({ atMs }) => atMs), ...refusedAt(refusals, proxy.port)],
    counts: () => ledger.counts(cell),
    /** Requests that the provider refused with 429. */
    tooFast: () => simulatorAt(simulator.url).refused(),
  };
}

function refusedAt(file: string, port: number): number[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.filter((line) => line.endsWith(` ${port}`)).map((line) => Number(line.split(" ")[0]));
}
