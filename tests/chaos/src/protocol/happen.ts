import { accept, type CrashPoint, cancel, review, submit } from "@reelqueue/pipeline";
import { expireIntents, reconcile } from "@reelqueue/pipeline/testing";
import type { SubmitResult } from "@reelqueue/providers";
import type { Post } from "./provider.ts";
import type { RedisFault, System } from "./system.ts";

/** One event. `which` selects among what is there; an event that is not possible does nothing. */
export type Event =
  | { do: "enqueue" }
  | { do: "dispatch"; lost: boolean }
  | {
      do: "submit";
      which: number;
      again: boolean;
      crashAt: CrashPoint | undefined;
      fault: RedisFault["how"] | undefined;
    }
  | { do: "take effect"; which: number }
  | {
      do: "answer";
      which: number;
      how: "accepted" | "throttled" | "rejected" | "unsent";
      fault: RedisFault["how"] | undefined;
    }
  | { do: "lose answer"; which: number }
  | { do: "kill"; which: number }
  | { do: "expire lease" }
  | { do: "call back"; which: number }
  | { do: "cancel"; which: number }
  | { do: "reconcile"; which: number; times: number; crashAt: CrashPoint | undefined }
  | { do: "quiet window ends" }
  | { do: "finish"; which: number; state: "succeeded" | "failed" }
  | { do: "poll" }
  | { do: "review" };

const mostGenerations = 2;

type Handlers = { [Name in Event["do"]]: (event: Extract<Event, { do: Name }>, system: System) => Promise<void> };

const handlers: Handlers = {
  enqueue: async (_, { ids, ctx }) => {
    if (ids.length === mostGenerations) return;
    const input = { account: "hiapi", prompt: "a lamp", resolution: "480p", seconds: 4, maxAttempts: 3 };
    const [row] = await accept([input], { tenant: "default" }, ctx);
    if (row?.kind === "accepted") ids.push(row.id);
  },
  dispatch: (event, system) => system.dispatch(event),
  submit: async ({ which, again, crashAt, fault }, system) => {
    const job = pick(system.jobs, which);
    if (job === undefined) return;
    if (!again) system.jobs.splice(system.jobs.indexOf(job), 1);
    if (fault !== undefined) system.redisFault = { to: "submitting", how: fault };
    await system.start((own) => submit(job, own), crashAt);
  },
  "take effect": async ({ which }, { provider }) => {
    const open = provider.posts.filter((post) => post.open);
    const post = pick(open, which);
    if (post !== undefined) provider.take(post);
  },
  answer: async (event, system) => {
    const post = pick(waiting(system), event.which);
    if (post !== undefined) await answer(post, event, system);
  },
  "lose answer": async ({ which }, system) => {
    const post = pick(waiting(system), which);
    if (post !== undefined) await system.answer(post, { kind: "unknown", message: "reset", evidence: "nothing" });
  },
  kill: async ({ which }, system) => {
    const run = pick(
      system.runs.filter(({ isDead }) => !isDead),
      which,
    );
    if (run !== undefined) system.kill(run);
  },
  "expire lease": async (_, system) => {
    await system.makeDue("submitting");
    await expireIntents(system.account, system.ctx);
  },
  "call back": async ({ which }, system) => {
    const task = pick(system.provider.tasks, which);
    if (task !== undefined) await system.callBack(task);
  },
  cancel: async ({ which }, { ids, ctx }) => {
    const id = pick(ids, which);
    if (id !== undefined) await cancel(id, ctx);
  },
  reconcile: async ({ which, times, crashAt }, system) => {
    for (let look = 0; look < times; look += 1) {
      await system.makeDue("unknown", pick(system.ids, which));
      await system.start((own) => reconcile(system.account, own), crashAt);
    }
  },
  "quiet window ends": (_, system) => reconcileAfterQuietWindow(system),
  finish: async ({ which, state }, { provider }) => {
    const task = pick(provider.tasks, which);
    if (task?.state === "running") task.state = state;
  },
  poll: (_, system) => system.poll(),
  review: (_, system) => settleReviews(system),
};

/** Lets an event happen; one that is not possible does nothing. */
export function happen<Name extends Event["do"]>(event: Extract<Event, { do: Name }>, system: System): Promise<void> {
  return (handlers[event.do as Name] as Handlers[Name])(event, system);
}

const waiting = ({ provider }: System): Post[] => provider.posts.filter(({ answer }) => answer !== undefined);

/** The answer to a POST. An answer that denies a task is possible only where none was created. */
async function answer(post: Post, { how, fault }: Extract<Event, { do: "answer" }>, system: System): Promise<void> {
  if (how === "accepted" ? !post.open && post.task === undefined : post.task !== undefined) return;
  if (how === "rejected" && !system.provider.refuse(post)) return;
  const to = ({ accepted: "running", throttled: "queued", rejected: "failed", unsent: "queued" } as const)[how];
  if (fault !== undefined && fault !== "dropped") system.redisFault = { to, how: fault };
  const result = how === "accepted" ? accepted(post, system) : denials[how];
  post.open = false;
  const run = await system.answer(post, result);
  const { task } = post;
  if (run !== undefined && !run.isDead && task !== undefined && !(await system.isKnown(task)))
    throw new Error(`${task.id} of ${task.key}: its process has the answer, and the ledger does not know the task`);
}

export function accepted(post: Post, { provider }: System): SubmitResult {
  return { kind: "accepted", taskId: (post.task ?? provider.take(post)).id };
}

const denials = {
  throttled: { kind: "throttled", message: "429", retryAfterMs: 0 },
  rejected: { kind: "rejected", failure: { class: "rejected", message: "no" } },
  unsent: { kind: "unsent", message: "not connected" },
} as const satisfies Record<string, SubmitResult>;

/** What is `unknown` cannot be in flight any more: reconciliation decides. */
export async function reconcileAfterQuietWindow(system: System): Promise<void> {
  for (const unknown of system.ids) {
    if ((await system.recordOf(unknown)).state !== "unknown") continue;
    await system.endQuietWindow((id) => id === unknown);
    const account = { ...system.account, quietMs: Math.min(0, system.account.quietMs) };
    for (let times = 0; times < 3; times += 1) {
      await system.makeDue("unknown", unknown);
      await system.start((own) => reconcile(account, own));
    }
  }
}

/** The operator looks into the provider's console, after the quiet window. */
export async function settleReviews(system: System): Promise<void> {
  for (const id of system.ids) {
    const record = await system.recordOf(id);
    if (record.state !== "needs_review") continue;
    await system.endQuietWindow((each) => each === id);
    const attempt = `${id}.${record.attempt}`;
    const task = system.provider.tasks.find(({ key }) => key === attempt || key.startsWith(`${attempt}.`));
    await review(id, task === undefined ? { kind: "unsent" } : { kind: "sent", taskId: task.id }, system.ctx);
  }
}

/** No attempt of a generation has two tasks. */
export async function expectOneTaskEach({ provider }: System): Promise<void> {
  const attempts = provider.tasks.map(({ key }) => key.split(".").slice(0, 2).join("."));
  const twice = attempts.find((attempt, i) => attempts.indexOf(attempt) !== i);
  if (twice !== undefined) throw new Error(`attempt ${twice} is paid for twice`);
}

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}
