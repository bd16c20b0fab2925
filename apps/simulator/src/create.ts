import { createHash } from "node:crypto";
import { type Call, effectOf, occurs } from "./call.ts";
import { retryAfterSeconds } from "./clock.ts";
import { type Directives, type FaultName, type FaultPlan, parseDirectives } from "./faults.ts";
import { type Answer, json, jsonBody, type Reply } from "./http.ts";
import { unfinished } from "./simulation.ts";
import type { Order, Task } from "./task.ts";
import { type Output, type ParsedCreate, type Refusal, tooMany, type View } from "./vendor.ts";

const slowAnswerMs = 5_000;
const hangBusyMs = 10_000;
const keyLifeMs = 24 * 3_600_000;

/** What is refused without a charge; `waitMs` is in real time. */
const submitFaults: readonly [FaultName, (waitMs: number) => Refusal][] = [
  ["submit-429", (waitMs) => tooMany("requests", waitMs)],
  ["submit-503", (waitMs) => ({ kind: "busy", retryAfterSeconds: retryAfterSeconds(waitMs) })],
  ["submit-500", () => ({ kind: "broken", during: "create" })],
  ["reject-moderation", () => ({ kind: "moderation" })],
];

/** What a charged create is answered with instead of the correct reply. */
const acceptFaults: readonly [FaultName, (correct: Reply, call: Call) => Answer | Promise<Answer>][] = [
  ["accept-reset", () => ({ kind: "reset" })],
  ["accept-hang", () => ({ kind: "hang" })],
  ["accept-500", (_, { refuse }) => refuse({ kind: "broken", during: "create" })],
  [
    "accept-broken-json",
    (correct) => ({ ...correct, body: correct.body.slice(0, Math.floor(correct.body.length / 2)) }),
  ],
  ["accept-empty", (correct) => ({ ...correct, body: "" })],
  [
    "accept-slow",
    (correct, { simulation }) => new Promise((resolve) => simulation.clock.after(slowAnswerMs, () => resolve(correct))),
  ],
];

/** Handles one create request: refuses it, replays an earlier task, or accepts and charges a new one. */
export function create(call: Call): Answer | Promise<Answer> {
  const parsed = parseBody(call);
  if (!parsed.ok) return call.refuse({ kind: "invalid", ...parsed });
  const { order } = parsed;
  const directives = parseDirectives(order.prompt);
  if (directives.marker !== undefined) call.entry.marker = directives.marker;
  if (directives.unknown.length > 0) {
    return call.refuse({ kind: "invalid", problem: `simulator: no such fault: ${directives.unknown.join(", ")}` });
  }
  return replay(call, order) ?? submit(call, order, directives);
}

function parseBody({ simulation, vendor, raw, account }: Call): ParsedCreate {
  const body = jsonBody(raw);
  if (body === undefined) return { ok: false, problem: "the body is not JSON" };
  return vendor.parseCreate(body, {
    ...simulation.settings,
    callbackUrlAllowed: (url) => simulation.callbacks.allows(url),
    assetState: (id) => simulation.assets.state(account, id),
  });
}

/** The answer to a repeated request; undefined if the request is new or the vendor does not detect repeats. */
function replay(call: Call, { clientId }: Order): Answer | undefined {
  const { simulation, vendor, account, refuse } = call;
  const known = clientId === undefined ? undefined : simulation.tasks.named(account, "client id", clientId);
  if (known) return json(200, vendor.createBody(simulation.view(known)));
  const key = idempotencyKeyOf(call);
  if (key === undefined) return undefined;
  if (Buffer.byteLength(key) > 255) {
    return refuse({ kind: "invalid", problem: "Idempotency-Key must not exceed 255 bytes" });
  }
  const first = simulation.tasks.named(account, "idempotency key", key);
  return first && replayFirst(call, first);
}

/** The answer to a request with the idempotency key of an earlier one; undefined if that one is too old. */
function replayFirst({ simulation, vendor, raw, refuse }: Call, first: Task): Answer | undefined {
  const leftMs = (providerMs: number) => first.acceptedAt + simulation.clock.real(providerMs) - Date.now();
  if (leftMs(keyLifeMs) <= 0) return undefined;
  if (first.idempotency?.bodyHash !== hashOf(raw)) return refuse({ kind: "key-mismatch" });
  const busyMs = leftMs(first.busyMs);
  if (busyMs > 0) return refuse({ kind: "key-in-flight", retryAfterSeconds: retryAfterSeconds(busyMs) });
  return json(200, vendor.createBody(simulation.view(first)), { "idempotent-replay": "true" });
}

function hashOf(raw: string): string {
  return createHash("sha256").update(raw).digest("base64");
}

function submit(call: Call, order: Order, directives: Directives): Answer | Promise<Answer> {
  const { simulation, account, refuse } = call;
  if (account.key === "no-balance") return refuse({ kind: "no-balance" });
  const { chance, plan } = simulation.faults.plan(order.prompt, directives);
  const refusalOf = effectOf(call, plan, submitFaults);
  if (refusalOf) return refuse(refusalOf(simulation.clock.real(slowAnswerMs)));
  const submission = { marker: directives.marker, chance, plan };
  if (occurs(call, plan, "accept-late")) return acceptLater(call, order, submission);
  if (account.running >= account.concurrent) {
    account.refusedTasks += 1;
    return refuse(tooMany("tasks"));
  }
  return answerAccepted(call, accept(call, order, submission));
}

type Submission = Pick<Task, "marker" | "chance" | "plan">;

/** Creates and charges the task. */
function accept(call: Call, { prompt: _, request, ...rest }: Order, submission: Submission): Task {
  const { simulation, vendor, account, raw } = call;
  const number = simulation.nextNumber();
  const id = vendor.newTaskId(submission.chance, number);
  const order = simulation.settings.keepRequests ? { ...rest, request } : rest;
  const key = idempotencyKeyOf(call);
  const idempotency = key === undefined ? undefined : { key, bodyHash: hashOf(raw) };
  const task = simulation.tasks.start({ id, number, account, order, idempotency, ...submission });
  task.busyMs = busyMsOf(task.plan);
  simulation.bill.charge(task);
  simulation.callbacks.sendChange(vendor, unfinished(task, "queued"));
  return task;
}

/** Accepts the task `acceptLateMs` after the connection was reset, unless a repeated request has created it by then. */
function acceptLater(call: Call, order: Order, submission: Submission): Answer {
  const { clock, settings } = call.simulation;
  clock.after(settings.acceptLateMs, () => {
    if (replay(call, order) === undefined) accept(call, order, submission);
  });
  return { kind: "reset" };
}

function answerAccepted(call: Call, task: Task): Answer | Promise<Answer> {
  const { simulation, vendor } = call;
  const correct = json(200, vendor.createBody(unfinished(task, "queued")));
  if (task.plan === undefined) return correct;
  simulation.callbacks.sendForged(vendor, forgedSuccess(task));
  if (occurs(call, task.plan, "callback-early")) return simulation.tasks.end(task).then(() => correct);
  return effectOf(call, task.plan, acceptFaults)?.(correct, call) ?? correct;
}

function forgedSuccess(task: Task): View {
  const url = "https://files.invalid/forged.mp4";
  const output: Output = { kind: "video", url, expiresAtMs: task.acceptedAt + 3_600_000, lifeSeconds: 3_600 };
  return { task, phase: "succeeded", progress: 100, outputs: [output] };
}

function busyMsOf(plan: FaultPlan | undefined): number {
  if (plan?.get("accept-hang")?.left) return hangBusyMs;
  return plan?.get("accept-slow")?.left ? slowAnswerMs : 0;
}

function idempotencyKeyOf({ vendor, headers }: Call): string | undefined {
  const value = vendor.idempotencyHeader === undefined ? undefined : headers[vendor.idempotencyHeader];
  return typeof value === "string" && value !== "" ? value : undefined;
}
