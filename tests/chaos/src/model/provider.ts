import { type ModelState, type Post, replaced, type Setup, type Step, spend, type Task, without } from "./state.ts";

/** What can happen to the POSTs in flight. */
export function providerSteps(state: ModelState, setup: Setup): Step[] {
  return state.posts.flatMap((post, p) => postSteps(state, post, p, setup));
}

function postSteps(state: ModelState, post: Post, p: number, setup: Setup): Step[] {
  const { state: taken, task } = takeEffect({ ...state, posts: without(state.posts, p) }, post, setup);
  const steps = [
    {
      event: `the provider accepts a POST of g${post.gen}: task ${task}`,
      state: deliverAnswer(taken, post, "accepted", task),
    },
  ];
  const refused = spend(state, "refusals");
  if (refused) {
    const gone = { ...refused, posts: without(refused.posts, p) };
    steps.push({
      event: `the provider refuses a POST of g${post.gen}`,
      state: deliverAnswer(gone, post, "throttled", 0),
    });
  }
  const lost = post.listener >= 0 ? spend(state, "lostAnswers") : undefined;
  if (lost) {
    const posts = replaced(lost.posts, p, { listener: -1 });
    steps.push({
      event: `w${post.listener} gets no answer to its POST, which stays in flight`,
      state: deliverAnswer({ ...lost, posts }, post, "unknown", 0),
    });
  }
  return steps;
}

/** Creates a task; where the provider has idempotency keys, all POSTs with one key return the first. */
function takeEffect(state: ModelState, post: Post, { means }: Setup): { state: ModelState; task: number } {
  const tasks = state.generations[post.gen]?.tasks ?? [];
  const known = means === "key" ? tasks.find(({ key }) => key === post.key) : undefined;
  if (known) return { state, task: known.id };
  const made: Task = { id: tasks.length + 1, attempt: post.attempt, key: post.key, end: "running" };
  return {
    state: { ...state, generations: replaced(state.generations, post.gen, { tasks: [...tasks, made] }) },
    task: made.id,
  };
}

function deliverAnswer(
  state: ModelState,
  post: Post,
  answer: "accepted" | "throttled" | "unknown",
  task: number,
): ModelState {
  const { listener, gen, attempt } = post;
  if (listener >= 0) return { ...state, workers: replaced(state.workers, listener, { at: "answered", answer, task }) };
  if (listener === -1 || answer === "unknown") return state;
  const token = state.generations[gen]?.rec.token ?? 0;
  const saw = answer === "accepted" ? "found" : "absent";
  return { ...state, observations: [...state.observations, { gen, saw, task, token, attempt }] };
}
