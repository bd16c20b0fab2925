import { idle, type Rec, replaced, type Setup, type Step, spend, type Worker, type World, write } from "./state.ts";
import { bind, move } from "./writes.ts";

/** Everything that one submitter may do next. */
export function submitterSteps(world: World, w: number, setup: Setup): Step[] {
  const worker = world.workers[w];
  if (worker === undefined) return [];
  const name = `w${w}`;
  switch (worker.at) {
    case "idle":
      return world.gens.flatMap((_, gen) => take(world, w, gen, name));
    case "holding":
      return [begin(world, w, worker, name, setup), ...crash(world, w, name)];
    case "intended":
      return [send(world, w, worker, name, setup), ...crash(world, w, name)];
    case "waiting":
      return crash(world, w, name);
    case "answered":
      return [...settle(world, w, worker, name, setup), ...crash(world, w, name)];
  }
}

function take(world: World, w: number, gen: number, name: string): Step[] {
  const rec = world.gens[gen]?.rec;
  if (rec === undefined || rec.n === 0) return [];
  const held = world.workers.some((other) => other.at !== "idle" && other.gen === gen && other.n === rec.n);
  const fresh = rec.state === "queued" && rec.lane === "granted" && !held;
  const paid = fresh ? world : spend(world, "redeliveries");
  if (paid === undefined) return [];
  const taken = replaced(paid.workers, w, { ...idle, at: "holding", gen, n: rec.n, attempt: rec.attempt });
  return [
    { event: `${name} takes the job of g${gen}${fresh ? "" : ", once more"}`, world: { ...paid, workers: taken } },
  ];
}

function begin(world: World, w: number, worker: Worker, name: string, { rules }: Setup): Step {
  const { gen, n } = worker;
  const rec = world.gens[gen]?.rec as Rec;
  const mine = !rules.fence || (rec.lane === "granted" && rec.n === n);
  if (rec.state !== "queued" || !mine) {
    return { event: `${name} finds nothing to do`, world: { ...world, workers: replaced(world.workers, w, idle) } };
  }
  const token = world.operations + 1;
  const intended = replaced(world.workers, w, { at: "intended", token, attempt: rec.attempt });
  const next = { ...world, operations: token, workers: intended };
  if (!rules.intent) return { event: `${name} writes nothing`, world: next };
  const written = write(next, gen, { state: "submitting", lane: "", token }, rules.durable);
  return { event: `${name} writes the intent${rules.durable ? "" : " without waiting for the disk"}`, world: written };
}

function send(world: World, w: number, worker: Worker, name: string, { rules }: Setup): Step {
  const { gen, attempt, token } = worker;
  if (worker.late) {
    const workers = replaced(world.workers, w, { at: "answered", answer: "unsent" });
    return { event: `${name} stood still too long and does not send`, world: { ...world, workers } };
  }
  const key = rules.noBlindRetry ? attempt : token * 100;
  const posts = [...world.posts, { gen, attempt, key, listener: w }];
  return { event: `${name} sends`, world: { ...world, posts, workers: replaced(world.workers, w, { at: "waiting" }) } };
}

function settle(world: World, w: number, worker: Worker, name: string, setup: Setup): Step[] {
  const event = `${name} writes ${worker.answer}`;
  const written = settled(world, worker, setup);
  const steps = [{ event, world: { ...written, workers: replaced(written.workers, w, idle) } }];
  const unheard = spend(written, "echoes");
  return unheard ? [...steps, { event: `${event}, and hears nothing`, world: unheard }] : steps;
}

function settled(world: World, worker: Worker, setup: Setup): World {
  const { gen, token, attempt, answer, task } = worker;
  // Without an intent, it is written only now.
  const begun = setup.rules.intent
    ? world
    : move(world, { gen, token, attempt }, ["queued"], { state: "submitting", lane: "" }, setup);
  const mover = { gen, token: -token, since: token };
  const back = { state: "queued", lane: "backlog" } as const;
  if (answer === "accepted") return bind(begun, { gen, token: -token, attempt }, task, setup);
  if (answer === "unknown" && setup.rules.noBlindRetry) {
    return move(begun, mover, ["submitting"], { state: "unknown", lane: "" }, setup);
  }
  return move(begun, mover, ["submitting"], back, setup);
}

/** It is gone, and so is all it knew; what it sent is on its way. */
function crash(world: World, w: number, name: string): Step[] {
  const paid = spend(world, "crashes");
  if (paid === undefined) return [];
  const posts = paid.posts.map((post) => (post.listener === w ? { ...post, listener: -1 } : post));
  return [{ event: `${name} dies`, world: { ...paid, posts, workers: replaced(paid.workers, w, idle) } }];
}
