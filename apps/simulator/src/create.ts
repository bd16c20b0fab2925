import { type Answer, json, type Visit } from "./answer.ts";
import { retryAfterSeconds } from "./clock.ts";
import type { Dialect, Order, Output, Understood, View } from "./dialect.ts";
import { blame, tooMany, withHeaders } from "./door.ts";
import { fires, firstOf, type Plan, readWishes, type Wishes } from "./faults.ts";
import type { Task } from "./tasks.ts";
import { unfinished, type World } from "./world.ts";

const slowAnswerMs = 5_000;
const hangBusyMs = 10_000;
const submitFaults = ["submit-429", "submit-503", "submit-500", "reject-moderation"] as const;
const acceptFaults = [
  "accept-reset",
  "accept-hang",
  "accept-500",
  "accept-broken-json",
  "accept-empty",
  "accept-slow",
] as const;

/** One create request: refused, replayed, or accepted and charged. */
export function create(world: World, dialect: Dialect, visit: Visit): Answer | Promise<Answer> {
  const understood = understand(world, dialect, visit);
  if (!understood.ok) {
    const { kind = "invalid", problem, code, field } = understood;
    return world.refuse(dialect, { kind, problem, code, field });
  }
  const { order } = understood;
  const wishes = readWishes(order.prompt);
  if (wishes.marker !== undefined) visit.entry.marker = wishes.marker;
  if (wishes.unknown.length > 0) {
    return world.refuse(dialect, {
      kind: "invalid",
      problem: `simulator: no such fault: ${wishes.unknown.join(", ")}`,
    });
  }
  const submission = { visit, order, wishes };
  return repeated(world, dialect, submission) ?? firstTime(world, dialect, submission);
}

interface Submission {
  visit: Visit;
  order: Order;
  wishes: Wishes;
}

function understand(world: World, dialect: Dialect, { raw, account }: Visit): Understood {
  const { reading, callbackSecret, webhookUrl } = world.settings;
  try {
    return dialect.understand(JSON.parse(raw), {
      reading,
      callbackUrlAllowed: (url) => world.callbacks.allows(url),
      webhook: { hasSecret: callbackSecret !== undefined, url: webhookUrl },
      assetState: (id) => world.assets.state(account, id),
    });
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, problem: "the body is not JSON" };
    throw error;
  }
}

/** The answer to a request that came before; undefined where it is new, or the vendor does not recognise repeats. */
function repeated(world: World, dialect: Dialect, { visit, order }: Submission): Answer | undefined {
  const known = order.clientId === undefined ? undefined : world.tasks.named(visit.account, order.clientId);
  if (known) return json(200, dialect.created(world.view(known)));
  const key = keyOf(dialect, visit);
  if (key === undefined) return undefined;
  if (Buffer.byteLength(key) > 255) {
    return world.refuse(dialect, { kind: "invalid", problem: "Idempotency-Key must not exceed 255 bytes" });
  }
  const found = world.keys.find(visit.account, key, visit.raw);
  switch (found.kind) {
    case "new":
      return undefined;
    case "replay":
      return withHeaders(json(200, dialect.created(world.view(found.task))), { "idempotent-replay": "true" });
    case "mismatch":
      return world.refuse(dialect, { kind: "key-mismatch" });
    case "in-flight":
      return world.refuse(dialect, { kind: "key-in-flight", retryAfterSeconds: found.retryAfterSeconds });
  }
}

function firstTime(world: World, dialect: Dialect, submission: Submission): Answer | Promise<Answer> {
  const { visit, order, wishes } = submission;
  if (visit.account.key === "no-balance") return world.refuse(dialect, { kind: "no-balance" });
  const { promptName, luck } = world.submission(order.prompt);
  const plan = world.faults.plan(wishes, { promptName, luck });
  const fault = firstOf(plan, submitFaults);
  if (fault) return refuseFor(world, dialect, visit, fault);
  if (fires(plan, "accept-late")) return takeLater(world, dialect, submission, { plan, luck });
  if (visit.account.running >= visit.account.concurrent) {
    visit.account.refusedTasks += 1;
    return world.refuse(dialect, tooMany("tasks"));
  }
  const task = take(world, dialect, submission, { plan, luck });
  return answerFor(world, dialect, visit, task);
}

function refuseFor(world: World, dialect: Dialect, visit: Visit, fault: (typeof submitFaults)[number]): Answer {
  blame(visit, fault);
  const waitMs = world.clock.real(slowAnswerMs);
  switch (fault) {
    case "submit-429":
      return world.refuse(dialect, tooMany("requests", waitMs));
    case "submit-503":
      return world.refuse(dialect, { kind: "busy", retryAfterSeconds: retryAfterSeconds(waitMs) });
    case "submit-500":
      return world.refuse(dialect, { kind: "broken", during: "create" });
    case "reject-moderation":
      return world.refuse(dialect, { kind: "moderation" });
  }
}

/** From here on the money is spent. */
function take(world: World, dialect: Dialect, submission: Submission, fate: Fate): Task {
  const { visit, wishes } = submission;
  const { prompt: _, asked, ...order } = submission.order;
  const number = world.nextNumber();
  const id = dialect.newTaskId(fate.luck, number);
  const kept = world.settings.keepAsked ? { ...order, asked } : order;
  const task = world.tasks.start({ id, number, account: visit.account, order: kept, marker: wishes.marker, ...fate });
  world.bill.charge(task);
  world.callbacks.change(dialect, unfinished(task, "queued"));
  const key = keyOf(dialect, visit);
  if (key !== undefined) world.keys.keep(visit.account, key, visit.raw, task, busyMsOf(fate.plan));
  return task;
}

interface Fate {
  plan: Plan | undefined;
  luck: number;
}

/** The request is on its way for a long time; should the same key have come by then, it makes no second task. */
function takeLater(world: World, dialect: Dialect, submission: Submission, fate: Fate): Answer {
  blame(submission.visit, "accept-late");
  world.clock.after(world.settings.acceptLateMs, () => {
    if (repeated(world, dialect, submission) === undefined) take(world, dialect, submission, fate);
  });
  return { kind: "reset" };
}

function answerFor(world: World, dialect: Dialect, visit: Visit, task: Task): Answer | Promise<Answer> {
  const honest = json(200, dialect.created(unfinished(task, "queued")));
  if (task.plan === undefined) return honest;
  world.callbacks.lie(dialect, falseSuccess(task));
  if (fires(task.plan, "callback-early")) {
    blame(visit, "callback-early");
    return world.tasks.end(task).then(() => honest);
  }
  const fault = firstOf(task.plan, acceptFaults);
  if (fault === undefined) return honest;
  blame(visit, fault);
  return faultyAnswer(world, dialect, honest, fault);
}

function falseSuccess(task: Task): View {
  const url = "https://files.invalid/forged.mp4";
  const output: Output = { kind: "video", url, expiresAtMs: task.acceptedAt + 3_600_000, lifeSeconds: 3_600 };
  return { task, phase: "succeeded", progress: 100, outputs: [output] };
}

function faultyAnswer(
  world: World,
  dialect: Dialect,
  honest: ReturnType<typeof json>,
  fault: (typeof acceptFaults)[number],
): Answer | Promise<Answer> {
  switch (fault) {
    case "accept-reset":
      return { kind: "reset" };
    case "accept-hang":
      return { kind: "hang" };
    case "accept-500":
      return world.refuse(dialect, { kind: "broken", during: "create" });
    case "accept-broken-json":
      return { ...honest, body: honest.body.slice(0, Math.floor(honest.body.length / 2)) };
    case "accept-empty":
      return { ...honest, body: "" };
    case "accept-slow":
      return new Promise((resolve) => world.clock.after(slowAnswerMs, () => resolve(honest)));
  }
}

function busyMsOf(plan: Plan | undefined): number {
  if (plan?.get("accept-hang")?.left) return hangBusyMs;
  return plan?.get("accept-slow")?.left ? slowAnswerMs : 0;
}

function keyOf(dialect: Dialect, visit: Visit): string | undefined {
  if (dialect.idempotencyHeader === undefined) return undefined;
  const value = visit.headers[dialect.idempotencyHeader];
  return typeof value === "string" && value !== "" ? value : undefined;
}
