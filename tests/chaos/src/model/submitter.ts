import {
  idle,
  type ModelRecord,
  type ModelState,
  replaced,
  type Setup,
  type Step,
  spend,
  type Worker,
  write,
} from "./state.ts";
import { bind, move } from "./writes.ts";

/** One submitter: its index, its state and its name in events. */
interface Submitter {
  w: number;
  worker: Worker;
  name: string;
}

/** The possible next steps of one submitter. */
export function submitterSteps(state: ModelState, w: number, setup: Setup): Step[] {
  const worker = state.workers[w];
  if (worker === undefined) return [];
  const submitter = { w, worker, name: `w${w}` };
  switch (worker.at) {
    case "idle":
      return state.generations.flatMap((_, gen) => take(state, submitter, gen));
    case "holding":
      return [begin(state, submitter, setup), ...crash(state, submitter)];
    case "intended":
      return [send(state, submitter, setup), ...crash(state, submitter)];
    case "waiting":
      return crash(state, submitter);
    case "answered":
      return [...recordAnswer(state, submitter, setup), ...crash(state, submitter)];
  }
}

function take(state: ModelState, { w, name }: Submitter, gen: number): Step[] {
  const rec = state.generations[gen]?.rec;
  if (rec === undefined || rec.dispatchSeq === 0) return [];
  const held = state.workers.some(
    (other) => other.at !== "idle" && other.gen === gen && other.dispatchSeq === rec.dispatchSeq,
  );
  const fresh = rec.state === "queued" && rec.lane === "granted" && !held;
  const next = fresh ? state : spend(state, "redeliveries");
  if (next === undefined) return [];
  const job = { gen, dispatchSeq: rec.dispatchSeq, attempt: rec.attempt };
  const workers = replaced(next.workers, w, { ...idle, ...job, at: "holding" });
  return [{ event: `${name} takes the job of g${gen}${fresh ? "" : " again"}`, state: { ...next, workers } }];
}

function begin(state: ModelState, { w, worker, name }: Submitter, { rules }: Setup): Step {
  const { gen, dispatchSeq } = worker;
  const rec = state.generations[gen]?.rec as ModelRecord;
  const mine = !rules.fence || (rec.lane === "granted" && rec.dispatchSeq === dispatchSeq);
  if (rec.state !== "queued" || !mine) {
    return { event: `${name} finds a stale job`, state: { ...state, workers: replaced(state.workers, w, idle) } };
  }
  const token = state.operations + 1;
  const intended = replaced(state.workers, w, { at: "intended", token, attempt: rec.attempt });
  const next = { ...state, operations: token, workers: intended };
  if (!rules.intent) return { event: `${name} writes nothing`, state: next };
  const written = write(next, gen, { state: "submitting", lane: "", token }, rules.durable);
  return { event: `${name} writes the intent${rules.durable ? "" : " without waiting for the disk"}`, state: written };
}

function send(state: ModelState, { w, worker, name }: Submitter, { rules }: Setup): Step {
  const { gen, attempt, token } = worker;
  if (worker.late) {
    const workers = replaced(state.workers, w, { at: "answered", answer: "unsent" });
    return { event: `${name} is past its start budget and does not send`, state: { ...state, workers } };
  }
  const key = rules.noBlindRetry ? attempt : token * 100;
  const posts = [...state.posts, { gen, attempt, key, listener: w }];
  return { event: `${name} sends`, state: { ...state, posts, workers: replaced(state.workers, w, { at: "waiting" }) } };
}

function recordAnswer(state: ModelState, { w, worker, name }: Submitter, setup: Setup): Step[] {
  const event = `${name} writes ${worker.answer}`;
  const written = withAnswer(state, worker, setup);
  const steps = [{ event, state: { ...written, workers: replaced(written.workers, w, idle) } }];
  const unconfirmed = spend(written, "lostReplies");
  return unconfirmed ? [...steps, { event: `${event}, and the reply is lost`, state: unconfirmed }] : steps;
}

function withAnswer(state: ModelState, worker: Worker, setup: Setup): ModelState {
  const { gen, token, attempt, answer, task } = worker;
  const submitting = { state: "submitting", lane: "" } as const;
  // Without the intent rule, the intent is written only now.
  const started = setup.rules.intent
    ? state
    : move(state, { gen, token, attempt, from: ["queued"], change: submitting }, setup);
  const mover = { gen, token: -token, since: token, from: ["submitting"] as const };
  if (answer === "accepted") return bind(started, { gen, token: -token, attempt }, task, setup);
  if (answer === "unknown" && setup.rules.noBlindRetry) {
    return move(started, { ...mover, change: { state: "unknown", lane: "" } }, setup);
  }
  return move(started, { ...mover, change: { state: "queued", lane: "backlog" } }, setup);
}

/** The submitter loses its memory; a POST that it has sent stays in flight. */
function crash(state: ModelState, { w, name }: Submitter): Step[] {
  const next = spend(state, "crashes");
  if (next === undefined) return [];
  const posts = next.posts.map((post) => (post.listener === w ? { ...post, listener: -1 } : post));
  return [{ event: `${name} dies`, state: { ...next, posts, workers: replaced(next.workers, w, idle) } }];
}
