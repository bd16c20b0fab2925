import type { JobRef, State } from "@reelqueue/contracts";
import type { Accepted, AdmitLimits, NewGeneration } from "@reelqueue/ledger";

export type Rec = ReturnType<typeof newRec>;

/** An accepted generation, with its state by the reducer. */
function newRec({ requestHash: hash, tenant, priority, estimateMicroUsd: estimate = 0 }: NewGeneration, seq: number) {
  return {
    ...{ hash, tenant, priority, estimate, seq },
    state: "queued" as State,
    lane: "",
    /** Its due time has come. */
    due: false,
    dispatchSeq: 0,
    token: "",
    attempt: 1,
    taskId: "",
    callbackTaskId: "",
    /** Tasks that callbacks have named: `<attempt> <task>`. */
    hints: new Set<string>(),
    slot: false,
    /** Micro-USD that are reserved; undefined: none. */
    held: undefined as number | undefined,
    /** Undefined: no price is known. */
    cost: undefined as number | undefined,
    cancel: false,
  };
}

/** One account of the ledger as plain data: the reference for the Lua scripts. */
export type Ledger = ReturnType<typeof empty>;

export function empty() {
  return {
    recs: new Map<string, Rec>(),
    /** By priority: the virtual time of each waiting tenant. */
    rings: new Map<number, Map<string, number>>(),
    inFlight: 0,
    spent: 0,
    /** Why it takes no submits; undefined: it does. A pause is named before a throttle. */
    paused: undefined as string | undefined,
    throttled: false,
    seq: 0,
    /** Generation by task id. */
    owners: new Map<string, string>(),
    orphans: [] as string[],
    /** Named tasks that are to be looked up: `<generation> <task>`. */
    named: new Set<string>(),
  };
}

/** New generations join the backlog in order; an atomic call accepts all or none. An id may occur twice. */
export function accept(ledger: Ledger, rows: readonly NewGeneration[], atomic: boolean): Accepted[] {
  const seen = new Map([...ledger.recs].map(([id, { hash }]) => [id, hash]));
  const answers = rows.map(({ id, requestHash: hash }): Accepted => {
    const known = seen.get(id);
    if (known !== undefined) return known === hash ? "existing" : "mismatch";
    seen.set(id, hash);
    return "accepted";
  });
  if (atomic && answers.includes("mismatch"))
    return answers.map((answer) => (answer === "accepted" ? "skipped" : answer));
  for (const [i, row] of rows.entries()) if (answers[i] === "accepted") add(ledger, row);
  return answers;
}

function add(ledger: Ledger, row: NewGeneration): void {
  ledger.seq += 1;
  const rec = newRec(row, ledger.seq);
  ledger.recs.set(row.id, rec);
  joinBacklog(ledger, rec);
}

export function joinBacklog(ledger: Ledger, rec: Rec): void {
  const ring = ledger.rings.get(rec.priority) ?? new Map<string, number>();
  ledger.rings.set(rec.priority, ring);
  rec.lane = "backlog";
  // A returning tenant gets the smallest virtual time of the ring.
  if (!ring.has(rec.tenant)) ring.set(rec.tenant, ring.size === 0 ? 0 : Math.min(...ring.values()));
}

export function leaveBacklog(ledger: Ledger, rec: Rec): void {
  rec.lane = "";
  if (line(ledger, rec.priority, rec.tenant).length > 0) return;
  const ring = ledger.rings.get(rec.priority);
  ring?.delete(rec.tenant);
  if (ring?.size === 0) ledger.rings.delete(rec.priority);
}

/** The waiting generations of one tenant and priority, oldest first. */
function line(ledger: Ledger, priority: number, tenant: string): [string, Rec][] {
  return [...ledger.recs]
    .filter(([, rec]) => rec.lane === "backlog" && rec.priority === priority && rec.tenant === tenant)
    .sort(([, a], [, b]) => a.seq - b.seq);
}

/**
 * Highest priority, then the tenant furthest behind, then the oldest; while slots, window and budget allow. None for an
 * account that takes no submits.
 */
export function admit(ledger: Ledger, { slots, window, budgetMicroUsd: budget, weights }: AdmitLimits) {
  const grants: JobRef[] = [];
  if (ledger.paused !== undefined) return { grants, reason: `paused:${ledger.paused}` };
  if (ledger.throttled) return { grants, reason: "throttled" };
  for (;;) {
    const next = nextInLine(ledger);
    if (next === undefined) return { grants, reason: "empty" };
    const [id, rec] = next;
    if (ledger.inFlight >= slots) return { grants, reason: `slots:${slots}` };
    if (inLane(ledger, "granted").length >= window) return { grants, reason: "window" };
    if (budget !== undefined && ledger.spent + rec.estimate > budget) return { grants, reason: "budget" };
    leaveBacklog(ledger, rec);
    Object.assign(rec, {
      lane: "granted",
      due: false,
      dispatchSeq: rec.dispatchSeq + 1,
      slot: true,
      held: rec.estimate,
    });
    const ring = ledger.rings.get(rec.priority);
    const at = ring?.get(rec.tenant);
    if (at !== undefined) ring?.set(rec.tenant, at + 1 / (weights[rec.tenant] ?? 1));
    ledger.inFlight += 1;
    ledger.spent += rec.estimate;
    grants.push({ generation: id, dispatchSeq: rec.dispatchSeq });
  }
}

function nextInLine(ledger: Ledger): [string, Rec] | undefined {
  const priority = Math.max(...ledger.rings.keys());
  const ring = [...(ledger.rings.get(priority) ?? [])];
  const [tenant = ""] = ring.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))[0] ?? [];
  return line(ledger, priority, tenant)[0];
}

function inLane(ledger: Ledger, lane: string): [string, Rec][] {
  return [...ledger.recs].filter(([, rec]) => rec.lane === lane);
}

/** Claims the due generations of a lane. */
export function claim(ledger: Ledger, lane: string): string[] {
  const taken = inLane(ledger, lane).filter(([, { due }]) => due);
  for (const [, rec] of taken) rec.due = false;
  return taken.map(([id]) => id).sort();
}

export function redispatch(ledger: Ledger, lane: string) {
  return claim(ledger, lane).map((generation) => {
    const rec = ledger.recs.get(generation);
    if (rec) rec.dispatchSeq += 1;
    return { generation, dispatchSeq: rec?.dispatchSeq };
  });
}

export function promoteDelayed(ledger: Ledger): number {
  const delayed = inLane(ledger, "backoff").filter(([, { due }]) => due);
  for (const [, rec] of delayed) joinBacklog(ledger, rec);
  return delayed.length;
}
