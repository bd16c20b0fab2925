import * as ledger from "@reelqueue/ledger";
import { type Account, accept, type CrashPoint, review, submit } from "@reelqueue/pipeline";
import { expireIntents, lookUpNamedTask, reconcile } from "@reelqueue/pipeline/testing";
import type { SubmitResult } from "@reelqueue/providers";
import type { Post } from "./provider.ts";
import { accountName, type RedisFault, type System } from "./system.ts";

const mostGenerations = 2;

export async function enqueue({ ids, ctx }: System): Promise<void> {
  if (ids.length === mostGenerations) return;
  const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4, maxAttempts: 3 };
  const [row] = await accept([input], { tenant: "default" }, ctx);
  if (row?.kind === "accepted") ids.push(row.id);
}

interface Submit {
  which: number;
  /** The job stays, and can run a second time. */
  again: boolean;
  crashAt?: CrashPoint | undefined;
  fault?: RedisFault["how"] | undefined;
}

export function runSubmit({ which, again, crashAt, fault }: Submit, system: System): Promise<void> {
  return withOne(system.jobs, which, async (job) => {
    if (!again) system.jobs.splice(system.jobs.indexOf(job), 1);
    if (fault !== undefined) system.redisFault = { to: "submitting", how: fault };
    await system.start((ctx) => submit(job, ctx), crashAt);
  });
}

export function accepted(post: Post, { provider }: System): SubmitResult {
  return { kind: "accepted", taskId: (post.task ?? provider.take(post)).id };
}

export async function expireLeases(system: System): Promise<void> {
  await Promise.all([system.makeDue("submitting"), expireIntents(system.account, system.ctx)]);
}

/** Reconciles one generation, if it is `unknown`. */
export async function reconcileNow(id: string, account: Account, system: System, crashAt?: CrashPoint): Promise<void> {
  await Promise.all([system.makeDue("unknown", id), system.start((ctx) => reconcile(account, ctx), crashAt)]);
}

/** Looks up what callbacks have named: once to hear whether it exists, once to see that no generation owns it. */
export async function lookUpNamedTasks(system: System): Promise<void> {
  while ((await ledger.countNamedTasks(system.ctx.cell, accountName)) > 0)
    await lookUpNamedTask(system.account, system.ctx);
}

/** What is `unknown` cannot be in flight any more: reconciliation decides. */
export async function reconcileAfterQuietWindow(system: System): Promise<void> {
  for (const { id: unknown } of await system.readIn("unknown")) {
    await system.endQuietWindow((id) => id === unknown);
    const account = { ...system.account, quietMs: Math.min(0, system.account.quietMs) };
    for (let times = 0; times < 3; times += 1) await reconcileNow(unknown, account, system);
  }
}

/** The operator looks into the provider's console, after the quiet window. */
export async function settleReviews(system: System): Promise<void> {
  for (const { id, record } of await system.readIn("needs_review")) {
    await system.endQuietWindow((each) => each === id);
    const attempt = `${id}.${record.attempt}`;
    const task = system.provider.tasks.find(({ key }) => key === attempt || key.startsWith(`${attempt}.`));
    await review(id, task === undefined ? { kind: "unsent" } : { kind: "sent", taskId: task.id }, system.ctx);
  }
}

export async function pause(system: System): Promise<void> {
  await ledger.pause(system.ctx.cell, accountName, "by hand");
  system.postsWhenPaused ??= system.provider.posts.length;
}

export async function resume(system: System): Promise<void> {
  await ledger.resume(system.ctx.cell, accountName);
  system.postsWhenPaused = undefined;
}

export function expectNoPostWhilePaused({ provider, postsWhenPaused }: System): void {
  if (postsWhenPaused !== undefined && provider.posts.length > postsWhenPaused)
    throw new Error("a POST was sent while its account was paused");
}

/** No attempt of a generation has two tasks. */
export function expectOneTaskEach({ provider }: System): void {
  const attempts = provider.tasks.map(({ key }) => key.split(".").slice(0, 2).join("."));
  const twice = attempts.find((attempt, i) => attempts.indexOf(attempt) !== i);
  if (twice !== undefined) throw new Error(`attempt ${twice} is paid for twice`);
}

/** Does something with one of the items, if there is any. */
export async function withOne<Item>(items: readonly Item[], which: number, use: (item: Item) => unknown) {
  const item = items[which % items.length];
  if (item !== undefined) await use(item);
}
