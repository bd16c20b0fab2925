import type { State } from "@reelqueue/contracts";
import { submit } from "@reelqueue/pipeline";
import {
  accepted,
  expectOneTaskEach,
  expireLeases,
  lookUpNamedTasks,
  reconcileAfterQuietWindow,
  resume,
  settleReviews,
} from "./steps.ts";
import { generationOf, type System } from "./system.ts";

const mostRounds = 12;
const atRest: readonly State[] = ["finalizing", "failed", "canceled", "expired"];

/** Lets everything that waits go on until nothing changes, and expects every generation at rest and every task known. */
export async function settle(system: System): Promise<void> {
  await resume(system);
  for (const run of system.runs) system.kill(run);
  for (const post of system.provider.posts) post.open = false;
  let before = "";
  for (let round = 0; round < mostRounds; round += 1) {
    await goOn(system);
    const generations = await system.read();
    const after = JSON.stringify([generations, system.provider, system.jobs]);
    // one round more than needed: it shows that what is at rest stays there
    if (after === before && generations.every(({ record }) => atRest.includes(record.state))) break;
    before = after;
  }
  expectOneTaskEach(system);
  for (const { id, record } of await system.read())
    if (!atRest.includes(record.state)) throw new Error(`${id} is stuck in ${record.state}`);
  await lookUpNamedTasks(system);
  for (const task of system.provider.tasks)
    if (!(await system.isKnown(task))) throw new Error(`${task.id} of ${generationOf(task.key)} is forgotten`);
}

async function goOn(system: System): Promise<void> {
  await expireLeases(system);
  await reconcileAfterQuietWindow(system);
  await settleReviews(system);
  for (const task of system.provider.tasks) if (task.state === "running") task.state = "succeeded";
  await system.poll();
  await system.dispatch({ lost: true });
  for (const job of system.jobs.splice(0)) await system.start((own) => submit(job, own));
  for (const post of system.provider.posts)
    if (post.answer !== undefined) await system.answer(post, accepted(post, system));
}
