import { retryAfterSeconds } from "./clock.ts";
import { type Directives, type FaultPlan, fires, firstOf, parseDirectives } from "./faults.ts";
import { type Answer, type Call, json, noteFault, type Reply } from "./http.ts";
import { hashOf } from "./idempotency.ts";
import { type Simulation, unfinished } from "./simulation.ts";
import type { Order, Task } from "./task.ts";
import { type Output, type ParsedCreate, tooMany, type Vendor, type View } from "./vendor.ts";

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

/** Handles one create request: refuses it, replays an earlier task, or accepts and charges a new one. */
export function create(simulation: Simulation, vendor: Vendor, call: Call): Answer | Promise<Answer> {
  const parsed = parseBody(simulation, vendor, call);
  if (!parsed.ok) {
    const { kind = "invalid", problem, code, field } = parsed;
    return simulation.refuse(vendor, { kind, problem, code, field });
  }
  const { order } = parsed;
  const directives = parseDirectives(order.prompt);
  if (directives.marker !== undefined) call.entry.marker = directives.marker;
  if (directives.unknown.length > 0) {
    return simulation.refuse(vendor, {
      kind: "invalid",
      problem: `simulator: no such fault: ${directives.unknown.join(", ")}`,
    });
  }
  const submission = { call, order, directives };
  return replay(simulation, vendor, submission) ?? submit(simulation, vendor, submission);
}

interface Submission {
  call: Call;
  order: Order;
  directives: Directives;
}

interface PlannedSubmission extends Submission {
  plan: FaultPlan | undefined;
  chance: number;
}

function parseBody(simulation: Simulation, vendor: Vendor, { raw, account }: Call): ParsedCreate {
  const { reading, callbackSecret, webhookUrl } = simulation.settings;
  try {
    return vendor.parseCreate(JSON.parse(raw), {
      reading,
      callbackUrlAllowed: (url) => simulation.callbacks.allows(url),
      webhook: { hasSecret: callbackSecret !== undefined, url: webhookUrl },
      assetState: (id) => simulation.assets.state(account, id),
    });
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, problem: "the body is not JSON" };
    throw error;
  }
}

/** The answer to a repeated request; undefined if the request is new or the vendor does not detect repeats. */
function replay(simulation: Simulation, vendor: Vendor, { call, order }: Submission): Answer | undefined {
  const known = order.clientId === undefined ? undefined : simulation.tasks.named(call.account, order.clientId);
  if (known) return json(200, vendor.createBody(simulation.view(known)));
  const key = idempotencyKeyOf(vendor, call);
  if (key === undefined) return undefined;
  if (Buffer.byteLength(key) > 255) {
    return simulation.refuse(vendor, { kind: "invalid", problem: "Idempotency-Key must not exceed 255 bytes" });
  }
  const found = simulation.keys.find(call.account, key, call.raw);
  if (found === undefined) return undefined;
  if ("kind" in found) return simulation.refuse(vendor, found);
  return json(200, vendor.createBody(simulation.view(found)), { "idempotent-replay": "true" });
}

function submit(simulation: Simulation, vendor: Vendor, submission: Submission): Answer | Promise<Answer> {
  const { call, order, directives } = submission;
  if (call.account.key === "no-balance") return simulation.refuse(vendor, { kind: "no-balance" });
  const { chance, plan } = simulation.faults.plan(order.prompt, directives);
  const fault = firstOf(plan, submitFaults);
  if (fault) return refuseByFault(simulation, vendor, call, fault);
  if (fires(plan, "accept-late")) return acceptLater(simulation, vendor, { ...submission, plan, chance });
  if (call.account.running >= call.account.concurrent) {
    call.account.refusedTasks += 1;
    return simulation.refuse(vendor, tooMany("tasks"));
  }
  const task = accept(simulation, vendor, { ...submission, plan, chance });
  return answerAccepted(simulation, vendor, call, task);
}

function refuseByFault(
  simulation: Simulation,
  vendor: Vendor,
  call: Call,
  fault: (typeof submitFaults)[number],
): Answer {
  noteFault(call, fault);
  const waitMs = simulation.clock.real(slowAnswerMs);
  switch (fault) {
    case "submit-429":
      return simulation.refuse(vendor, tooMany("requests", waitMs));
    case "submit-503":
      return simulation.refuse(vendor, { kind: "busy", retryAfterSeconds: retryAfterSeconds(waitMs) });
    case "submit-500":
      return simulation.refuse(vendor, { kind: "broken", during: "create" });
    case "reject-moderation":
      return simulation.refuse(vendor, { kind: "moderation" });
  }
}

/** Creates and charges the task. */
function accept(simulation: Simulation, vendor: Vendor, submission: PlannedSubmission): Task {
  const { call, directives, plan, chance } = submission;
  const { prompt: _, request, ...rest } = submission.order;
  const number = simulation.nextNumber();
  const id = vendor.newTaskId(chance, number);
  const order = simulation.settings.keepRequests ? { ...rest, request } : rest;
  const { account } = call;
  const task = simulation.tasks.start({ id, number, account, order, marker: directives.marker, plan, chance });
  simulation.bill.charge(task);
  simulation.callbacks.sendChange(vendor, unfinished(task, "queued"));
  const key = idempotencyKeyOf(vendor, call);
  if (key !== undefined) simulation.keys.add({ task, key, bodyHash: hashOf(call.raw), busyMs: busyMsOf(plan) });
  return task;
}

/** Accepts the task `acceptLateMs` after the connection was reset, unless a repeated request has created it by then. */
function acceptLater(simulation: Simulation, vendor: Vendor, submission: PlannedSubmission): Answer {
  noteFault(submission.call, "accept-late");
  simulation.clock.after(simulation.settings.acceptLateMs, () => {
    if (replay(simulation, vendor, submission) === undefined) accept(simulation, vendor, submission);
  });
  return { kind: "reset" };
}

function answerAccepted(simulation: Simulation, vendor: Vendor, call: Call, task: Task): Answer | Promise<Answer> {
  const correct = json(200, vendor.createBody(unfinished(task, "queued")));
  if (task.plan === undefined) return correct;
  simulation.callbacks.sendForged(vendor, forgedSuccess(task));
  if (fires(task.plan, "callback-early")) {
    noteFault(call, "callback-early");
    return simulation.tasks.end(task).then(() => correct);
  }
  const fault = firstOf(task.plan, acceptFaults);
  if (fault === undefined) return correct;
  noteFault(call, fault);
  return faultyAnswer(simulation, vendor, correct, fault);
}

function forgedSuccess(task: Task): View {
  const url = "https://files.invalid/forged.mp4";
  const output: Output = { kind: "video", url, expiresAtMs: task.acceptedAt + 3_600_000, lifeSeconds: 3_600 };
  return { task, phase: "succeeded", progress: 100, outputs: [output] };
}

function faultyAnswer(
  simulation: Simulation,
  vendor: Vendor,
  correct: Reply,
  fault: (typeof acceptFaults)[number],
): Answer | Promise<Answer> {
  switch (fault) {
    case "accept-reset":
      return { kind: "reset" };
    case "accept-hang":
      return { kind: "hang" };
    case "accept-500":
      return simulation.refuse(vendor, { kind: "broken", during: "create" });
    case "accept-broken-json":
      return { ...correct, body: correct.body.slice(0, Math.floor(correct.body.length / 2)) };
    case "accept-empty":
      return { ...correct, body: "" };
    case "accept-slow":
      return new Promise((resolve) => simulation.clock.after(slowAnswerMs, () => resolve(correct)));
  }
}

function busyMsOf(plan: FaultPlan | undefined): number {
  if (plan?.get("accept-hang")?.left) return hangBusyMs;
  return plan?.get("accept-slow")?.left ? slowAnswerMs : 0;
}

function idempotencyKeyOf(vendor: Vendor, call: Call): string | undefined {
  if (vendor.idempotencyHeader === undefined) return undefined;
  const value = call.headers[vendor.idempotencyHeader];
  return typeof value === "string" && value !== "" ? value : undefined;
}
