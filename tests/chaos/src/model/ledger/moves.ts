import type { State } from "@reelqueue/contracts";
import { joinBacklog, type Ledger, leaveBacklog, type Rec } from "./reducer.ts";

/** One move, as the reducer applies it. `expect` and the record fields have the names that Redis stores. */
export interface ExpectedMove {
  id: string;
  from: readonly State[];
  to: State;
  token: string;
  expect: {
    n?: string;
    lane?: string;
    token?: string;
    task?: string;
    hint?: string;
    attempt?: string;
    notCancelRequested?: boolean;
  };
  lane: string;
  due: boolean;
  dispatch: boolean;
  freeSlot: boolean;
  task: string;
  cost: number | undefined;
  attempt: string;
}

const holdsSlot: readonly State[] = ["submitting", "running", "unknown", "needs_review", "expired"];

/** Compare-and-set: all or nothing; repeating an operation changes nothing. Returns the answer of the script. */
export function move(ledger: Ledger, step: ExpectedMove): string {
  const rec = ledger.recs.get(step.id);
  if (rec === undefined) return "missing";
  if (rec.token === step.token) return `already ${rec.n}`;
  const reason = refusal(ledger, rec, step);
  if (reason !== undefined) return refused(ledger, rec, step, reason);
  if (step.dispatch) rec.n += 1;
  if (rec.lane === "backlog" && step.lane !== "backlog") leaveBacklog(ledger, rec);
  rec.lane = step.lane;
  rec.due = step.due;
  if (step.lane === "backlog") joinBacklog(ledger, rec);
  if (step.task !== "") {
    rec.task = step.task;
    ledger.owners.set(step.task, step.id);
  }
  if (step.attempt !== "") rec.attempt = step.attempt;
  rec.token = step.token;
  settleSlotAndCost(ledger, rec, step);
  rec.state = step.to;
  return `moved ${rec.n}`;
}

function refusal(ledger: Ledger, rec: Rec, { id, from, expect, task }: ExpectedMove): string | undefined {
  if (!from.includes(rec.state)) return `conflict ${rec.state}`;
  const facts = {
    n: String(rec.n),
    lane: rec.lane,
    token: rec.token,
    task: rec.task,
    hint: rec.hint,
    attempt: rec.attempt,
  };
  for (const [name, fact] of Object.entries(facts)) {
    const expected = expect[name as keyof typeof facts];
    if (expected !== undefined && expected !== fact) return `stale ${rec.state}`;
  }
  if (expect.notCancelRequested && rec.cancel) return `canceling ${rec.state}`;
  const owner = ledger.owners.get(task);
  if (task === "" || owner === undefined || owner === id) return undefined;
  ledger.orphans.push(task);
  return `taken ${owner}`;
}

/** The task of a refused move is recorded as an orphan. */
function refused(ledger: Ledger, rec: Rec, { id, task }: ExpectedMove, reason: string): string {
  if (task === "" || rec.task === task || reason.startsWith("taken")) return reason;
  if (!ledger.owners.has(task)) {
    ledger.owners.set(task, id);
    ledger.orphans.push(task);
  }
  return `orphaned ${rec.state}`;
}

function settleSlotAndCost(ledger: Ledger, rec: Rec, { to, cost, freeSlot }: ExpectedMove): void {
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
    if (rec && open.includes(rec.state) && rec.attempt === attempt) rec.hint = task;
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
