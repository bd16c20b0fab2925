import { type Post, replaced, type Setup, type Step, spend, type Task, type World, without } from "./state.ts";

/** Everything that may happen to POSTs under way. */
export function providerSteps(world: World, setup: Setup): Step[] {
  return world.posts.flatMap((post, p) => postSteps(world, post, p, setup));
}

function postSteps(world: World, post: Post, p: number, setup: Setup): Step[] {
  const { world: taken, task } = takeEffect({ ...world, posts: without(world.posts, p) }, post, setup);
  const steps = [
    { event: `the provider accepts a POST of g${post.gen}: task ${task}`, world: tell(taken, post, "accepted", task) },
  ];
  const refused = spend(world, "refusals");
  if (refused) {
    const gone = { ...refused, posts: without(refused.posts, p) };
    steps.push({ event: `the provider refuses a POST of g${post.gen}`, world: tell(gone, post, "throttled", 0) });
  }
  const lost = post.listener >= 0 ? spend(world, "lostAnswers") : undefined;
  if (lost) {
    const posts = replaced(lost.posts, p, { listener: -1 });
    steps.push({
      event: `w${post.listener} hears nothing of its POST, which is still on its way`,
      world: tell({ ...lost, posts }, post, "unknown", 0),
    });
  }
  return steps;
}

/** One task of all POSTs with one key where the provider knows keys, else one of each. */
function takeEffect(world: World, post: Post, { means }: Setup): { world: World; task: number } {
  const tasks = world.gens[post.gen]?.tasks ?? [];
  const known = means === "key" ? tasks.find(({ key }) => key === post.key) : undefined;
  if (known) return { world, task: known.id };
  const made: Task = { id: tasks.length + 1, attempt: post.attempt, key: post.key, end: "running" };
  return { world: { ...world, gens: replaced(world.gens, post.gen, { tasks: [...tasks, made] }) }, task: made.id };
}

function tell(world: World, post: Post, answer: "accepted" | "throttled" | "unknown", task: number): World {
  const { listener, gen, attempt } = post;
  if (listener >= 0) return { ...world, workers: replaced(world.workers, listener, { at: "answered", answer, task }) };
  if (listener === -1 || answer === "unknown") return world;
  const token = world.gens[gen]?.rec.token ?? 0;
  const saw = answer === "accepted" ? "found" : "absent";
  return { ...world, looks: [...world.looks, { gen, saw, task, token, attempt }] };
}
