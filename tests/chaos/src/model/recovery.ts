import {
  type Gen,
  type Look,
  replaced,
  type Setup,
  type Step,
  spend,
  type Task,
  type World,
  without,
  write,
} from "./state.ts";
import { bind, move } from "./writes.ts";

/** Admission, recovery, resolvers, pollers, the finalizer, and Redis itself. */
export function recoverySteps(world: World, setup: Setup): Step[] {
  return [
    ...world.gens.flatMap((gen, g) => genSteps(world, gen, g, setup)),
    ...world.looks.map((look, l) => act({ ...world, looks: without(world.looks, l) }, look, setup)),
    ...amnesia(world),
  ];
}

function genSteps(world: World, gen: Gen, g: number, setup: Setup): Step[] {
  switch (gen.rec.state) {
    case "queued":
      return handOver(world, gen, g);
    case "submitting":
      return [leaseOver(world, gen, g)];
    case "unknown":
      return resolve(world, gen, g, setup);
    case "running":
      return poll(world, gen, g);
    case "finalizing":
      return [{ event: `g${g} is finalized`, world: finalize(world, gen, g) }];
    default:
      return [];
  }
}

function handOver(world: World, { rec }: Gen, g: number): Step[] {
  const again = rec.lane === "backlog" ? world : spend(world, "redeliveries");
  if (again === undefined) return [];
  const word = rec.lane === "backlog" ? "granted" : "handed over again";
  return [{ event: `g${g} is ${word}`, world: write(again, g, { lane: "granted", n: rec.n + 1 }) }];
}

/** Whoever has not sent by now does not send any more: the lease is longer than start budget and POST together. */
function leaseOver(world: World, { rec }: Gen, g: number): Step {
  const token = world.operations + 1;
  const workers = world.workers.map((worker) =>
    worker.token === rec.token && worker.gen === g ? { ...worker, late: true } : worker,
  );
  const next = write({ ...world, workers, operations: token }, g, { state: "unknown", lane: "", token });
  return { event: `the submit lease of g${g} is over`, world: next };
}

function resolve(world: World, { rec, tasks }: Gen, g: number, { rules, means }: Setup): Step[] {
  if (means === "none")
    return [{ event: `g${g} goes to a person`, world: write(world, g, { state: "review", token: world.operations }) }];
  const paid = spend(world, "looks");
  if (paid === undefined) return [];
  if (means === "key") {
    const posts = [...paid.posts, { gen: g, attempt: rec.attempt, key: rec.attempt, listener: -2 }];
    return [{ event: `a resolver sends g${g} again under its key`, world: { ...paid, posts } }];
  }
  const task = tasks.findLast(({ attempt }) => attempt === rec.attempt);
  const open = world.posts.some(({ gen }) => gen === g);
  // A miss counts only after the quiet window, when nothing can be on its way any more (A1).
  if (!task && open && rules.quiet) return [];
  const look: Look = {
    gen: g,
    saw: task ? "found" : "absent",
    task: task?.id ?? 0,
    token: rec.token,
    attempt: rec.attempt,
  };
  return [{ event: `a resolver looks g${g} up: ${look.saw}`, world: { ...paid, looks: [...paid.looks, look] } }];
}

/** How a task ends is decided when somebody asks for it. */
function poll(world: World, { rec, tasks }: Gen, g: number): Step[] {
  const asked = spend(world, "looks");
  const t = tasks.findIndex(({ id }) => id === rec.task);
  const task = tasks[t];
  if (asked === undefined || task === undefined) return [];
  const seen = (end: Task["end"], from: World): Step => {
    const saw = end === "failed" ? "failed" : "finished";
    const look: Look = { gen: g, saw, task: rec.task, token: rec.token, attempt: rec.attempt };
    const gens = replaced(from.gens, g, { tasks: replaced(tasks, t, { end }) });
    return {
      event: `a poller sees that task ${rec.task} of g${g} has ${saw}`,
      world: { ...from, gens, looks: [...from.looks, look] },
    };
  };
  if (task.end !== "running") return [seen(task.end, asked)];
  const failing = spend(asked, "failures");
  return failing ? [seen("succeeded", asked), seen("failed", failing)] : [seen("succeeded", asked)];
}

/** Writes what was seen; meanwhile anything may have happened. */
function act(world: World, look: Look, setup: Setup): Step {
  const { gen: g, saw, task, token: since, attempt } = look;
  const rec = world.gens[g]?.rec;
  const token = world.operations + 1;
  const next = { ...world, operations: token };
  const event = `what was seen of g${g} (${saw}) is written`;
  const sameTask = !setup.rules.fence || rec?.task === task;
  switch (saw) {
    case "found":
      return { event, world: bind(next, { gen: g, token, attempt }, task, setup) };
    case "absent": {
      const quiet = !setup.rules.quiet || !world.posts.some(({ gen }) => gen === g);
      const back = { state: "queued", lane: "backlog" } as const;
      return { event, world: quiet ? move(next, { gen: g, token, since }, ["unknown"], back, setup) : world };
    }
    case "finished":
      return {
        event,
        world: sameTask ? move(next, { gen: g, token }, ["running"], { state: "finalizing" }, setup) : world,
      };
    case "failed":
      return { event, world: sameTask ? afterFailure(next, g, token, setup) : world };
  }
}

const attemptsAllowed = 2;

function afterFailure(world: World, g: number, token: number, setup: Setup): World {
  const rec = world.gens[g]?.rec;
  if (rec === undefined) return world;
  const again = {
    state: "queued",
    lane: "backlog",
    attempt: rec.attempt + 1,
    task: 0,
    earlier: [...rec.earlier, rec.task],
  } as const;
  return move(
    world,
    { gen: g, token },
    ["running"],
    rec.attempt < attemptsAllowed ? again : { state: "failed" },
    setup,
  );
}

function finalize(world: World, gen: Gen, g: number): World {
  const next = write(world, g, { state: "succeeded", token: world.operations });
  return { ...next, gens: replaced(next.gens, g, { finalized: gen.finalized + 1 }) };
}

/** Redis comes back with what had reached the disk. */
function amnesia(world: World): Step[] {
  if (world.gens.every(({ disk }) => disk === null)) return [];
  const synced = { ...world, gens: world.gens.map((gen) => ({ ...gen, disk: null })) };
  const cut = spend(world, "amnesia");
  const steps = [{ event: "the disk has everything", world: synced }];
  if (!cut) return steps;
  const forgot = cut.gens.map((gen) => ({ ...gen, rec: gen.disk ?? gen.rec, disk: null }));
  return [...steps, { event: "Redis forgets what was not on the disk", world: { ...cut, gens: forgot } }];
}
