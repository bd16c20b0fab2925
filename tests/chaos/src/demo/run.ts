import { setTimeout as delay } from "node:timers/promises";
import type { DemoMessage, DemoOutcome, DemoRun } from "@reelqueue/cli/demo";
import { ApiError, type Client, createClient } from "@reelqueue/client";
import type { BatchView } from "@reelqueue/contracts";
import { openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { commandsServed } from "@reelqueue/system";
import { type Receiver, simulatorAt, startReceiver } from "@reelqueue/testing";
import { type Evidence, gather } from "../check/evidence.ts";
import { check } from "../check/index.ts";
import { idsOf, type Row, sendAtOnce } from "../feed.ts";
import { waitForIdle } from "../wait-for-idle.ts";
import { videoBytesIn } from "./facts.ts";
import { type Facts, notProven, providersOf, resultOf } from "./result.ts";
import { batchName, demoRows } from "./rows.ts";

interface Run extends DemoRun {
  rows: Row[];
  receiver: Receiver;
  client: Client;
  tell(message: DemoMessage): void;
  /** Aborted with a reason: the run ends with the results so far. */
  signal: AbortSignal;
}

/** Longer than the lease of a POST, after which the job of a dead worker is taken up again. */
const standstillSeconds = 120;
/** After the last webhook: time for the ledger to record its delivery. */
const idleWithinMs = 15_000;

/**
 * A run of chaos without its faults, observer and operator, at a system of production processes: rows sent at once, an
 * end that the webhooks announce, then all evidence. Nothing reads the ledger before the commands of Redis are counted.
 */
export async function runDemo(options: DemoRun, tell: Run["tell"], signal: AbortSignal): Promise<DemoOutcome> {
  const { apiUrl: url, apiKey: key, simulatorUrl, webhookSecret: secret } = options.plan;
  await using receiver = await startReceiver({ secret });
  const rows = demoRows(options, simulatorUrl, receiver.url);
  const run = { ...options, rows, receiver, client: createClient({ url, key }), tell, signal };
  const { abandoned, ...facts } = await measure(run);
  return {
    result: resultOf(facts),
    providers: Object.fromEntries(providersOf(facts)),
    notProven: [...(abandoned === undefined ? [] : [abandoned]), ...notProven(facts)],
  };
}

async function measure(run: Run): Promise<Facts & { abandoned: string | undefined }> {
  const { plan, redisUrl, rows, client } = run;
  const commandsBefore = await commandsServed(redisUrl);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  await sendAtOnce(rows, client, run.signal);
  run.tell({ print: `${idsOf(rows).length} generations accepted` });
  const abandoned = await waitForWebhooks(run, seconds);
  const measured = {
    abandoned,
    seconds: seconds(),
    redisCommands: (await commandsServed(redisUrl)) - commandsBefore,
    bill: await simulatorAt(plan.simulatorUrl).bill(),
    polls: await simulatorAt(plan.simulatorUrl).polls(),
    succeededByApi: (await batchView(client))?.counts.succeeded,
    videoBytes: videoBytesIn(plan.outputsDirectory),
  };
  const evidence = await gatherAll(run, abandoned === undefined);
  return { ...measured, evidence, findings: check(evidence) };
}

/** Resolves once the events of all accepted rows have arrived; after a stop or a standstill, with the reason. */
async function waitForWebhooks(run: Run, seconds: () => number): Promise<string | undefined> {
  const { receiver, client, signal } = run;
  const count = idsOf(run.rows).length;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let last = { states: "", at: 0 };
  for (;;) {
    const announced = new Set(receiver.received.filter(({ verified }) => verified).map(({ id }) => id)).size;
    if (announced >= count) return undefined;
    if (signal.aborted) return `${signal.reason}: ${statesOf(await batchView(client), announced)}`;
    if (seconds() - last.at > standstillSeconds) return `nothing changed any more: ${last.states}`;
    if (seconds() - checkedAt >= 1) {
      checkedAt = seconds();
      const view = await batchView(client);
      if (view) run.tell({ view, announced, seconds: seconds() });
      const states = statesOf(view, announced);
      if (states !== last.states) last = { states, at: checkedAt };
    }
    await delay(20);
  }
}

/** Opens the installation only now: its connections send commands to Redis. `ended`: every generation was announced. */
async function gatherAll({ plan, redisUrl, rows, receiver }: Run, ended: boolean): Promise<Evidence> {
  await using scope = new AsyncDisposableStack();
  const { home, configFile: configPath, appEnv } = plan.systemOptions;
  const log = createLogger({ name: "demo", level: "silent" });
  const options = { redisUrl, home, configPath, env: appEnv.all ?? {}, role: "worker", log } as const;
  const installation = await openContext(scope, options);
  const stuck = ended ? await waitForIdle(idsOf(rows), installation, idleWithinMs) : [];
  const sources = { installation, receiver, home, simulator: { url: plan.simulatorUrl } };
  return await gather(sources, rows, { changedEnds: [], stuck, takeovers: 0 });
}

/** Undefined if the API does not answer: only the webhooks decide when the run ends. */
async function batchView(client: Client): Promise<BatchView | undefined> {
  try {
    return await client.batch(batchName);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function statesOf(view: BatchView | undefined, announced: number): string {
  const counts = Object.entries(view?.counts ?? {}).map(([state, count]) => `${count} ${state}`);
  return [...counts, `${announced} announced`].join(", ");
}
