import type { State } from "@reelqueue/contracts";
import { joinBacklog, type Ledger, leaveBacklog, type Rec } from "./reducer.ts";

/** One move, as the reducer reads it. */
export interface Step {
  id: string;
  from: readonly State[];
  to: State;
  token: string;
  expect: { n?: string; lane?: string; token?: string; task?: string; hint?: string; attempt?: string; calm?: boolean };
  lane: string;
  due: boolean;
  handover: boolean;
  free: boolean;
  task: string;
  cost: number | undefined;
  attempt: string;
}

const holdsSlot: readonly State[] = ["submitting", "running", "unknown", "needs_review", "expired"];

/** Compare-and-set: wholly or not at all, and the same operation twice changes nothing. Answers as the script does. */
export function move(ledger: Ledger, step: Step): string {
  const rec = ledger.recs.get(step.id);
  if (rec === undefined) return "missing";
  if (rec.token === step.token) return `already ${rec.n}`;
  const no = refusal(ledger, rec, step);
  if (no !== undefined) return refused(ledger, rec, step, no);
  if (step.handover) rec.n += 1;
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
  settle(ledger, rec, step);
  rec.state = step.to;
  return `moved ${rec.n}`;
}

function refusal(ledger: Ledger, rec: Rec, { id, from, expect, task }: Step): string | undefined {
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
    const believed = expect[name as keyof typeof facts];
    if (believed !== undefined && believed !== fact) return `stale ${rec.state}`;
  }
  if (expect.calm && rec.cancel) return `canceling ${rec.state}`;
  const owner = ledger.owners.get(task);
  if (task === "" || owner === undefined || owner === id) return undefined;
  ledger.orphans.push(task);
  return `taken ${owner}`;
}

/** A task that came with a move that is not made must not be lost with it. */
function refused(ledger: Ledger, rec: Rec, { id, task }: Step, no: string): string {
  if (task === "" || rec.task === task || no.startsWith("taken")) return no;
  if (!ledger.owners.has(task)) {
    ledger.owners.set(task, id);
    ledger.orphans.push(task);
  }
  return `orphaned ${rec.state}`;
}

function settle(ledger: Ledger, rec: Rec, { to, cost, free }: Step): void {
  if (rec.slot && (free || !holdsSlot.includes(to))) {
    rec.slot = false;
    ledger.inFlight -= 1;
  }
  if (rec.held === undefined || (cost === undefined && (holdsSlot.includes(to) || to === "finalizing"))) return;
  const spent = cost ?? (to === "succeeded" ? rec.held : 0);
  ledger.spent += spent - rec.held;
  rec.cost += spent;
  rec.held = undefined;
}

export function wish(ledger: Ledger, id: string, states: readonly State[]): string {
  const rec = ledger.recs.get(id);
  if (rec === undefined) return "missing";
  if (!states.includes(rec.state)) return `refused ${rec.state}`;
  rec.cancel = true;
  return `noted ${rec.state}`;
}

export function release(ledger: Ledger, id: string, state: State, unwatch: boolean, cost: number | undefined): boolean {
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

export function nudge(ledger: Ledger, id: string, lanes: readonly string[], task: string, attempt: string): string {
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
