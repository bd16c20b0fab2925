import { type CrashPoint, cancel } from "@reelqueue/pipeline";
import type { SubmitResult } from "@reelqueue/providers";
import fc from "fast-check";
import type { Post } from "./provider.ts";
import * as steps from "./steps.ts";
import type { RedisFault, System } from "./system.ts";

type Command = fc.AsyncCommand<object, System>;

/** One kind of event: how often it occurs, what is drawn for it, and what it does. */
function command<Drawn extends object>(
  name: string,
  weight: number,
  draw: { [Name in keyof Drawn]: fc.Arbitrary<Drawn[Name]> },
  happen: (drawn: Drawn, system: System) => Promise<unknown>,
): { weight: number; arbitrary: fc.Arbitrary<Command> } {
  const commandOf = (drawn: Drawn): Command => ({
    check: () => true,
    run: async (_, system) => {
      await happen(drawn, system);
      steps.expectOneTaskEach(system);
    },
    toString: () => {
      const details = Object.entries(drawn).filter(([, value]) => value !== undefined);
      return details.length === 0 ? name : `${name} (${details.map(([key, value]) => `${key}: ${value}`).join(", ")})`;
    },
  });
  return { weight, arbitrary: fc.record<Drawn>(draw).map(commandOf) };
}

const { withOne } = steps;
const which = fc.nat(7);
const fault = fc.option(fc.constantFrom<RedisFault["how"]>("twice", "lost", "dropped"), { nil: undefined, freq: 4 });
const crashAt = (...points: CrashPoint[]) => fc.option(fc.constantFrom(...points), { nil: undefined, freq: 3 });
const inSubmit = crashAt("submit:before-intent", "submit:after-intent", "submit:after-answer", "submit:after-bind");
const how = fc.constantFrom("accepted", "accepted", "throttled", "rejected", "unsent");
const lost = { kind: "unknown", message: "reset", evidence: "nothing" } as const;

/** `which` selects among what is there; an event that is not possible does nothing. */
const event = fc.oneof(
  command("enqueue", 2, {}, (_, system) => steps.enqueue(system)),
  command("dispatch", 4, { lost: fc.boolean() }, (drawn, system) => system.dispatch(drawn)),
  command("submit", 6, { which, again: fc.boolean(), crashAt: inSubmit, fault }, steps.runSubmit),
  command("take effect", 3, { which }, ({ which }, { provider }) => {
    const open = provider.posts.filter((post) => post.open);
    return withOne(open, which, (post) => provider.take(post));
  }),
  command("answer", 5, { which, how, fault }, (drawn, system) =>
    withOne(waiting(system), drawn.which, (post) => answer(post, drawn, system)),
  ),
  {
    weight: 6,
    arbitrary: fc.oneof(
      command("lose answer", 1, { which }, ({ which }, system) =>
        withOne(waiting(system), which, (post) => system.answer(post, lost)),
      ),
      command("kill", 1, { which }, ({ which }, system) => withOne(system.runs, which, (run) => system.kill(run))),
      command("call back", 1, { which }, ({ which }, system) =>
        withOne(system.provider.tasks, which, (task) => system.callBack(task)),
      ),
      command("cancel", 1, { which }, ({ which }, { ids, ctx }) => withOne(ids, which, (id) => cancel(id, ctx))),
    ),
  },
  command("expire lease", 4, {}, (_, system) => steps.expireLeases(system)),
  command(
    "reconcile",
    5,
    { times: fc.constantFrom(1, 3), which, crashAt: crashAt("reconcile:after-answer") },
    ({ times, which, crashAt }, system) =>
      withOne(system.ids, which, async (id) => {
        for (let look = 0; look < times; look += 1) await steps.reconcileNow(id, system.account, system, crashAt);
      }),
  ),
  command("quiet window ends", 2, {}, (_, system) => steps.reconcileAfterQuietWindow(system)),
  command("finish", 2, { which, state: fc.constantFrom("succeeded", "failed") }, ({ which, state }, { provider }) =>
    withOne(provider.tasks, which, (task) => {
      if (task.state === "running") task.state = state;
    }),
  ),
  {
    weight: 3,
    arbitrary: fc.oneof(
      command("poll", 1, {}, (_, system) => system.poll()),
      command("review", 1, {}, (_, system) => steps.settleReviews(system)),
    ),
  },
);

/** Any sequence of events, on top of one generation that has a job. */
export const commands = fc.commands([event], { maxCommands: 24, size: "max" });

const waiting = ({ provider }: System): Post[] => provider.posts.filter(({ answer }) => answer !== undefined);

const denials = {
  throttled: { kind: "throttled", message: "429", retryAfterMs: 0 },
  rejected: { kind: "rejected", failure: { class: "rejected", message: "no" } },
  unsent: { kind: "unsent", message: "not connected" },
} as const satisfies Record<string, SubmitResult>;

interface Answer {
  how: "accepted" | keyof typeof denials;
  fault: RedisFault["how"] | undefined;
}

/** The answer to a POST. An answer that denies a task is possible only where none was created. */
async function answer(post: Post, { how, fault }: Answer, system: System): Promise<void> {
  if (how === "accepted" ? !post.open && post.task === undefined : post.task !== undefined) return;
  if (how === "rejected" && !system.provider.refuse(post)) return;
  const to = ({ accepted: "running", throttled: "queued", rejected: "failed", unsent: "queued" } as const)[how];
  if (fault !== undefined && fault !== "dropped") system.redisFault = { to, how: fault };
  const result = how === "accepted" ? steps.accepted(post, system) : denials[how];
  post.open = false;
  const run = await system.answer(post, result);
  const { task } = post;
  if (run !== undefined && !run.isDead && task !== undefined && !(await system.isKnown(task)))
    throw new Error(`${task.id} of ${task.key}: its process has the answer, and the ledger does not know the task`);
}
