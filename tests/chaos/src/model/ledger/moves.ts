import type { State } from "@reelqueue/contracts";
import type { Move } from "@reelqueue/ledger/testing";
import { joinBacklog, type Ledger, leaveBacklog, type Rec } from "./reducer.ts";

const holdsSlot: readonly State[] = ["submitting", "running", "unknown", "needs_review", "expired"];

/** Compare-and-set: all or nothing; repeating an operation changes nothing. Returns the answer of the script. */
export function move(ledger: Ledger, step: Move): string {
  const rec = ledger.recs.get(step.id);
  if (rec === undefined) return "missing";
  if (rec.token === step.token) return `already ${rec.n}`;
  const reason = refusal(ledger, rec, step);
  if (reason !== undefined) return refused(ledger, rec, step, reason);
  const closed = step.gated && (ledger.paused === undefined ? ledger.throttled && "throttled" : "paused");
  if (closed) return giveBack(ledger, rec, closed);
  if (step.dispatch) rec.n += 1;
  const lane = step.due?.lane ?? "";
  if (rec.lane === "backlog" && lane !== "backlog") leaveBacklog(ledger, rec);
  rec.lane = lane;
  rec.due = step.due !== undefined && "inMs" in step.due && step.due.inMs === 0;
  if (lane === "backlog") joinBacklog(ledger, rec);
  if (step.bindTask !== undefined) {
    rec.task = step.bindTask;
    ledger.owners.set(step.bindTask, step.id);
  }
  rec.attempt = step.set?.attempt ?? rec.attempt;
  rec.token = step.token;
  settleSlotAndCost(ledger, rec, step);
  rec.state = step.to;
  return `moved ${rec.n}`;
}

function refusal(ledger: Ledger, rec: Rec, { id, from, expect = {}, bindTask }: Move): string | undefined {
  if (!from.includes(rec.state)) return `conflict ${rec.state}`;
  const { n: dispatchSeq, lane, token, task: taskId, hint: callbackTaskId, attempt } = rec;
  const facts = { dispatchSeq, lane, token, taskId, callbackTaskId, attempt };
  for (const [name, fact] of Object.entries(facts)) {
    const expected = expect[name as keyof typeof facts];
    if (expected !== undefined && expected !== fact) return `stale ${rec.state}`;
  }
  if (expect.notCancelRequested && rec.cancel) return `canceling ${rec.state}`;
  const owner = bindTask && ledger.owners.get(bindTask);
  if (bindTask === undefined || owner === undefined || owner === id) return undefined;
  ledger.orphans.push(bindTask);
  return `taken ${owner}`;
}

/** The task of a refused move is recorded as an orphan. */
function refused(ledger: Ledger, rec: Rec, { id, bindTask }: Move, reason: string): string {
  if (bindTask === undefined || rec.task === bindTask || reason.startsWith("taken")) return reason;
  if (!ledger.owners.has(bindTask)) {
    ledger.owners.set(bindTask, id);
    ledger.orphans.push(bindTask);
  }
  return `orphaned ${rec.state}`;
}

/** Back to its place in the backlog, without slot and reserved money; the move is not made. */
function giveBack(ledger: Ledger, rec: Rec, why: string): string {
  joinBacklog(ledger, rec);
  rec.due = false;
  settleSlotAndCost(ledger, rec, { to: rec.state });
  return `given_back ${why}`;
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
  rec.cost += spent;
  rec.held = undefined;
}

export function requestCancel(ledger: Ledger, id: string, states: readonly State[]): string {
  const rec = ledger.recs.get(id);
  if (rec === undefined) return "missing";
  if (!states.includes(rec.state)) return `refused ${rec.state}`;
  rec.cancel = true;
  return `noted ${rec.state}`;
}

/** Every change of the gate; `resume` ends pause and throttle. */
export function setGate(ledger: Ledger, change: "pause" | "throttle" | "resume"): undefined {
  if (change === "pause") ledger.paused = "by hand";
  ledger.throttled = change === "throttle" || (change !== "resume" && ledger.throttled);
  if (change === "resume") ledger.paused = undefined;
}

export interface Release {
  state: State;
  unwatch: boolean;
  cost: number | undefined;
}

export function releaseSlot(ledger: Ledger, id: string, { state, unwatch, cost }: Release): boolean {
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

export interface Callback {
  lanes: readonly string[];
  task: string;
  attempt: string;
}

export function makeDueNow(ledger: Ledger, id: string, { lanes, task, attempt }: Callback): string {
  const rec = ledger.recs.get(id);
  let orphaned = 0;
  if (task !== "" && rec?.task !== task) {
    if (rec && open.includes(rec.state) && `${rec.attempt}` === attempt) rec.hint = task;
    else if (!ledger.owners.has(task)) {
      ledger.owners.set(task, id);
      ledger.orphans.push(task);
      orphaned = 1;
    }
  }
  const woken = rec !== undefined && lanes.includes(rec.lane);
  if (woken) rec.due = true;
  return `${rec?.state ?? "missing"} ${woken} ${orphaned === 1}`;
}
