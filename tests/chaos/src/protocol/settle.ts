import { submit } from "@reelqueue/pipeline";
import { accepted, expectOneTaskEach, expireLeases, reconcileAfterQuietWindow, settleReviews } from "./steps.ts";
import { generationOf, type System } from "./system.ts";

/** Lets everything that waits go on until nothing changes, and expects every generation at rest and every task known. */
export async function settle(system: System): Promise<void> {
  for (const run of system.runs) system.kill(run);
  for (const post of system.provider.posts) post.open = false;
  for (let round = 0; round < 12; round += 1) {
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
  expectOneTaskEach(system);
  for (const id of system.ids) {
    const { state } = await system.recordOf(id);
    if (!["finalizing", "failed", "canceled", "expired"].includes(state)) throw new Error(`${id} is stuck in ${state}`);
  }
  for (const task of system.provider.tasks)
    if (!(await system.isKnown(task))) throw new Error(`${task.id} of ${generationOf(task.key)} is forgotten`);
}
