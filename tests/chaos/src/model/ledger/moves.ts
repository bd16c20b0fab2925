import type { State } from "@reelqueue/contracts";
import type { CallbackHint } from "@reelqueue/ledger";
import type { Move, Moved } from "@reelqueue/ledger/testing";
import { account } from "./generations.ts";
import { joinBacklog, type Ledger, leaveBacklog, type Rec } from "./reducer.ts";

const holdsSlot: readonly State[] = ["submitting", "running", "unknown", "needs_review", "expired"];
const noFields = { wanted: {}, request: "" };

/** Compare-and-set: all or nothing; repeating an operation changes nothing. Returns the answer of the script. */
export function move(ledger: Ledger, step: Move): Moved {
  const rec = ledger.recs.get(step.id);
  if (rec === undefined) return { kind: "missing" };
  if (rec.token === step.token) return { kind: "already", dispatchSeq: rec.dispatchSeq, ...noFields };
  const reason = refusal(ledger, rec, step);
  if (reason !== undefined) return refused(ledger, rec, step, reason);
  const closed = step.gated && whyClosed(ledger);
  if (closed) return returnToBacklog(ledger, rec, closed);
  if (step.dispatch) rec.dispatchSeq += 1;
  const lane = step.due?.lane ?? "";
  if (rec.lane === "backlog" && lane !== "backlog") leaveBacklog(ledger, rec);
  rec.lane = lane;
  rec.due = step.due !== undefined && "inMs" in step.due && step.due.inMs === 0;
  if (lane === "backlog") joinBacklog(ledger, rec);
  if (step.bindTask !== undefined) {
    rec.taskId = step.bindTask;
    ledger.owners.set(step.bindTask, step.id);
  }
  rec.attempt = step.set?.attempt ?? rec.attempt;
  rec.token = step.token;
  settleSlotAndCost(ledger, rec, step);
  rec.state = step.to;
  return { kind: "moved", dispatchSeq: rec.dispatchSeq, ...noFields };
}

function refusal(ledger: Ledger, rec: Rec, { id, from, expect = {}, bindTask }: Move): Moved | undefined {
  const { state } = rec;
  if (!from.includes(state)) return { kind: "conflict", state };
  const { notCancelRequested, ...facts } = expect;
  if (Object.entries(facts).some(([name, fact]) => fact !== rec[name as keyof Rec])) return { kind: "stale", state };
  if (notCancelRequested && rec.cancel) return { kind: "canceling", state };
  const owner = bindTask && ledger.owners.get(bindTask);
  if (bindTask === undefined || owner === undefined || owner === id) return undefined;
  ledger.orphans.push(bindTask);
  return { kind: "taken", by: owner };
}

/** The task of a refused move is recorded as an orphan. */
function refused(ledger: Ledger, rec: Rec, { id, bindTask }: Move, reason: Moved): Moved {
  if (bindTask === undefined || rec.taskId === bindTask || reason.kind === "taken") return reason;
  if (!ledger.owners.has(bindTask)) {
    ledger.owners.set(bindTask, id);
    ledger.orphans.push(bindTask);
  }
  return { kind: "orphaned", state: rec.state };
}

/** Back to its place in the backlog, without slot and reserved money; the move is not made. */
function returnToBacklog(ledger: Ledger, rec: Rec, why: "paused" | "throttled"): Moved {
  joinBacklog(ledger, rec);
  rec.due = false;
  settleSlotAndCost(ledger, rec, { to: rec.state });
  return { kind: "given_back", state: "queued", why, account };
}

function whyClosed({ paused, throttled }: Ledger): "paused" | "throttled" | undefined {
  if (paused !== undefined) return "paused";
  return throttled ? "throttled" : undefined;
}

function settleSlotAndCost(
  ledger: Ledger,
  rec: Rec,
  { to, costMicroUsd: cost, freeSlot }: Pick<Move, "costMicroUsd" | "freeSlot"> & { to: State },
): void {
  if (rec.slot && (freeSlot || !holdsSlot.includes(to))) {
    rec.slot = false;
    ledger.inFlight -= 1;
  }
  if (rec.held === undefined || (cost === undefined && (holdsSlot.includes(to) || to === "finalizing"))) return;
  const spent = cost ?? (to === "succeeded" ? rec.held : 0);
  ledger.spent += spent - rec.held;
  if (cost !== undefined || spent !== 0) rec.cost = (rec.cost ?? 0) + spent;
  rec.held = undefined;
}

export function requestCancel(ledger: Ledger, id: string, states: readonly State[]) {
  const rec = ledger.recs.get(id);
  if (rec === undefined) return { kind: "missing" };
  if (!states.includes(rec.state)) return { kind: "refused", state: rec.state };
  rec.cancel = true;
  return { kind: "noted", state: rec.state };
}

/** Every change of the gate; `resume` ends pause and throttle. */
export function setGate(ledger: Ledger, change: "pause" | "throttle" | "resume"): undefined {
  if (change === "pause") ledger.paused = "by hand";
  ledger.throttled = change === "throttle" || (change !== "resume" && ledger.throttled);
  if (change === "resume") ledger.paused = undefined;
}

export function releaseSlot(
  ledger: Ledger,
  id: string,
  state: State,
  { unwatch, costMicroUsd: cost }: { unwatch: boolean; costMicroUsd?: number },
): boolean {
  const rec = ledger.recs.get(id);
  if (rec?.state !== state) return false;
  if (rec.slot) ledger.inFlight -= 1;
  rec.slot = false;
  if (rec.held !== undefined && cost !== undefined) {
    ledger.spent += cost - rec.held;
    rec.held = undefined;
  }
  if (unwatch && state === "expired") rec.lane = "";
  return true;
}

const open: readonly State[] = ["queued", "submitting", "unknown", "needs_review"];

export function makeDueNow(
  ledger: Ledger,
  id: string,
  lanes: readonly string[],
  { taskId = "", attempt }: CallbackHint,
) {
  const rec = ledger.recs.get(id);
  if (taskId !== "" && rec?.taskId !== taskId) hearName(ledger, id, taskId, attempt);
  const woken = rec !== undefined && lanes.includes(rec.lane);
  if (woken) rec.due = true;
  return { state: rec?.state ?? "missing", woken };
}

/** A named task is at most a hint: it has no owner by it, and is no orphan. */
function hearName({ recs, owners, named }: Ledger, id: string, task: string, attempt: string): void {
  const [rec, owner] = [recs.get(id), owners.get(task)];
  const openRec = rec && open.includes(rec.state) && `${rec.attempt}` === attempt ? rec : undefined;
  if (owner !== undefined && (owner !== id || openRec === undefined)) return;
  const isNew = !rec?.hints.has(`${attempt} ${task}`);
  rec?.hints.add(`${attempt} ${task}`);
  if (openRec === undefined) named.add(`${id} ${task}`);
  else if (isNew || openRec.callbackTaskId === "") {
    const before = openRec.callbackTaskId;
    if (before !== "" && before !== task) named.add(`${id} ${before}`);
    openRec.callbackTaskId = task;
  }
}
