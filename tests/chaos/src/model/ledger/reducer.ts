import type { State } from "@reelqueue/contracts";

/** A record, with the field names that Redis stores. `due`: its due time has come. */
export interface Rec {
  state: State;
  lane: string;
  due: boolean;
  n: number;
  token: string;
  attempt: number;
  task: string;
  slot: boolean;
  /** Micro-USD that are reserved; undefined: none. */
  held: number | undefined;
  /** Absent: no price is known. */
  cost: number | undefined;
  cancel: boolean;
  hint: string;
  /** Tasks that callbacks have named: `<attempt> <task>`. */
  hints: Set<string>;
  tenant: string;
  priority: number;
  estimate: number;
  seq: number;
  hash: string;
}

/** One account of the ledger as plain data: the reference for the Lua scripts. */
export interface Ledger {
  recs: Map<string, Rec>;
  /** By priority: the virtual time of each waiting tenant. */
  rings: Map<number, Map<string, number>>;
  inFlight: number;
  spent: number;
  seq: number;
  /** Generation by task id. */
  owners: Map<string, string>;
  orphans: string[];
  /** Named tasks that are to be looked up: `<generation> <task>`. */
  named: Set<string>;
}

export function empty(): Ledger {
  const money = { inFlight: 0, spent: 0, seq: 0 };
  return { recs: new Map(), rings: new Map(), ...money, owners: new Map(), orphans: [], named: new Set() };
}

export interface Row {
  id: string;
  hash: string;
  tenant: string;
  priority: number;
  estimate: number;
}
export type Accepted = "accepted" | "existing" | "mismatch" | "skipped";

/** New generations join the backlog in order; an atomic call accepts all or none. An id may occur twice. */
export function accept(ledger: Ledger, rows: readonly Row[], atomic: boolean): Accepted[] {
  const seen = new Map([...ledger.recs].map(([id, { hash }]) => [id, hash]));
  const answers = rows.map(({ id, hash }): Accepted => {
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

function add(ledger: Ledger, { id, ...row }: Row): void {
  ledger.seq += 1;
  const fresh = {
    state: "queued",
    lane: "",
    due: false,
    n: 0,
    token: "",
    attempt: 1,
    task: "",
    slot: false,
  } as const;
  const none = { held: undefined, cost: undefined, cancel: false, hint: "" } as const;
  const rec: Rec = { ...fresh, ...none, hints: new Set(), seq: ledger.seq, ...row };
  ledger.recs.set(id, rec);
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

export interface Limits {
  slots: number;
  window: number;
  budget: number | undefined;
  weights: Readonly<Record<string, number>>;
}

/** Highest priority, then the tenant furthest behind, then the oldest; while slots, window and budget allow. */
export function admit(
  ledger: Ledger,
  { slots, window, budget, weights }: Limits,
): { grants: string[]; reason: string } {
  const grants: string[] = [];
  for (;;) {
    const next = nextInLine(ledger);
    if (next === undefined) return { grants, reason: "empty" };
    const { id, rec } = next;
    if (ledger.inFlight >= slots) return { grants, reason: `slots:${slots}` };
    if (inLane(ledger, "granted").length >= window) return { grants, reason: "window" };
    if (budget !== undefined && ledger.spent + rec.estimate > budget) return { grants, reason: "budget" };
    leaveBacklog(ledger, rec);
    Object.assign(rec, { lane: "granted", due: false, n: rec.n + 1, slot: true, held: rec.estimate });
    const ring = ledger.rings.get(rec.priority);
    const at = ring?.get(rec.tenant);
    if (at !== undefined) ring?.set(rec.tenant, at + 1 / (weights[rec.tenant] ?? 1));
    ledger.inFlight += 1;
    ledger.spent += rec.estimate;
    grants.push(`${id} ${rec.n}`);
  }
}

function nextInLine(ledger: Ledger): { id: string; rec: Rec } | undefined {
  const priority = Math.max(...ledger.rings.keys());
  const ring = ledger.rings.get(priority);
  if (ring === undefined) return undefined;
  const [tenant = ""] = [...ring].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))[0] ?? [];
  const first = line(ledger, priority, tenant)[0];
  return first && { id: first[0], rec: first[1] };
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

export function redispatch(ledger: Ledger, lane: string): string[] {
  return claim(ledger, lane).map((id) => {
    const rec = ledger.recs.get(id);
    if (rec) rec.n += 1;
    return `${id} ${rec?.n}`;
  });
}

export function promoteDelayed(ledger: Ledger): number {
  const delayed = inLane(ledger, "backoff").filter(([, { due }]) => due);
  for (const [, rec] of delayed) joinBacklog(ledger, rec);
  return delayed.length;
}
