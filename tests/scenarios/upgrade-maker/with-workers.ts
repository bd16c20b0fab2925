import { batchCounts, pause } from "@reelqueue/ledger";
import { eventually, type Receiver } from "@reelqueue/testing";
import { enqueueFile } from "../src/upgrade/fixture.ts";
import type { World } from "../src/world.ts";
import { row } from "./hands.ts";

/** What worker processes bring to rest: the file of the command line, endings of every kind, and webhooks; they end before it returns. Answers the id of one that failed. */
export async function withWorkers(world: World, receiver: Receiver): Promise<string> {
  await pause(world.here.cell, "spare", "by a person: its prices are checked");
  const apps = ["submitter", "poller", "finalizer"];
  const [api] = await Promise.all([world.startApp("api"), ...apps.map((name) => world.start(name))]);
  await enqueueBatch(world, api.url);
  const failed = await endings(world, receiver);
  for (const app of world.apps.values()) {
    app.kill("SIGTERM");
    await app.exited;
  }
  world.apps.clear();
  return failed;
}

/** One row waits for the paused account; the command line is stopped once the others are done. */
async function enqueueBatch(world: World, url: string): Promise<void> {
  const stop = new AbortController();
  const enqueued = enqueueFile(url, world.home, stop.signal);
  const othersDone = eventually(
    async () => {
      const counts = await batchCounts(world.here.cell, "default", "upgrade");
      return counts.succeeded === 4 && counts.queued === 1;
    },
    { describe: "all rows but one are done" },
  );
  const early = enqueued.then(({ out }) => Promise.reject(new Error(`the command line ended early: ${out}`)));
  await Promise.race([othersDone, early]);
  stop.abort();
  await enqueued;
}

/** Answers the id of the one that failed at its provider. */
async function endings(world: World, receiver: Receiver): Promise<string> {
  const { redis, keys } = world.here.cell;
  const told = await world.enqueue([row("jiekou", "delivered", { webhook: receiver.url })], "acme");
  const [failed = "", ...others] = await world.enqueue([
    row("ark", "failed", { prompt: "smoke [[fault:task-moderation]]" }),
    row("ark", "counted", { priority: 3 }),
    row("spare", "never-sent", { expiresIn: 1 }),
  ]);
  await world.rested([...told, failed, ...others]);
  await receiver.arrived(1);
  receiver.answerNext(500);
  await world.enqueue([
    row("jiekou", "refused", { prompt: "smoke [[fault:reject-moderation]]", webhook: receiver.url }),
  ]);
  await receiver.arrived(2);
  await eventually(async () => (await redis.zcard(keys.events("pending"))) === 1, {
    describe: "its webhook waits for another try",
  });
  return failed;
}
