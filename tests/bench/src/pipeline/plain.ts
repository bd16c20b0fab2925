import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMember } from "@reelqueue/testing";
import { connectTo, openQueues } from "../plain/queues.ts";
import { openMeters } from "../rig/meters.ts";
import { prompts, rowsOf } from "../rig/prompts.ts";
import { billOf, received } from "../rig/received.ts";
import { entryFile, startSurroundings } from "../rig/system.ts";
import { type Load, measured, simulatorEnv } from "./load.ts";

const stages = ["submitter", "poller", "finalizer"] as const;
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** Runs the load through the plain BullMQ solution. */
export async function plain(load: Load) {
  await using scope = new AsyncDisposableStack();
  const { system, redisUrl, simulator, receiver, pids } = await startSurroundings(scope, simulatorEnv(load));
  const { submit, poll, finalize } = load.concurrency;
  const concurrency = { submitter: submit, poller: poll, finalizer: finalize };
  const env = {
    PROVIDER_URL: `${simulator.url}/hiapi`,
    FIRST_POLL_MS: `${load.plainFirstPollMs}`,
    LONGEST_POLL_MS: "60000",
    SECRET: secret,
    ...(load.outputBytes > 0 && { OUTPUTS: join(tmpdir(), `plain-${randomUUID()}`) }),
  };
  const workers = stages.map((name) => ({
    name,
    entry: entryFile("plain"),
    env: { ...env, WORKER: name, CONCURRENCY: `${concurrency[name]}` },
  }));
  for (const { name, pid } of await system.start(workers, startMember)) pids[name] = pid;
  const connection = connectTo(redisUrl);
  scope.defer(() => connection.disconnect());
  const queues = openQueues(connection);
  const texts = prompts(600);
  return await measured(load, scope.use(openMeters(redisUrl, pids)), {
    through: async (count) => {
      const data = rowsOf(count, { resolution: "480p", seconds: 4, webhook: receiver.url }, texts);
      const rows = data.map((row) => ({ name: "submit", data: row, opts: { jobId: randomUUID() } }));
      for (let start = 0; start < count; start += 1_000) await queues.submit.addBulk(rows.slice(start, start + 1_000));
    },
    done: (total) => received(receiver, total, load.timeoutMs),
    bill: () => billOf(simulator),
  });
}
