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

function settleSlotAndCost(ledger: Ledger, rec: Rec, { to, costMicroUsd: cost, freeSlot }: Move): void {
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

export function requestCancel(ledger: Ledger, id: string, states: readonly State[]): string {
  const rec = ledger.recs.get(id);
  if (rec === undefined) return "missing";
  if (!states.includes(rec.state)) return `refused ${rec.state}`;
  rec.cancel = true;
  return `noted ${rec.state}`;
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
  if (task !== "" && rec?.task !== task) hearName(ledger, id, task, attempt);
  const woken = rec !== undefined && lanes.includes(rec.lane);
  if (woken) rec.due = true;
  return `${rec?.state ?? "missing"} ${woken}`;
}

/** A named task is at most a hint: it has no owner by it, and is no orphan. */
function hearName({ recs, owners, named }: Ledger, id: string, task: string, attempt: string): void {
  const [rec, owner] = [recs.get(id), owners.get(task)];
  const openRec = rec && open.includes(rec.state) && `${rec.attempt}` === attempt ? rec : undefined;
  if (owner !== undefined && (owner !== id || openRec === undefined)) return;
  const isNew = !rec?.hints.has(`${attempt} ${task}`);
  rec?.hints.add(`${attempt} ${task}`);
  if (openRec === undefined) named.add(`${id} ${task}`);
  else if (isNew || openRec.hint === "") {
    if (openRec.hint !== "" && openRec.hint !== task) named.add(`${id} ${openRec.hint}`);
    openRec.hint = task;
  }
}
