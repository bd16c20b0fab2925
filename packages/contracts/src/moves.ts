/**
 * Every allowed move of a generation; a state without moves is final. Types, docs and the ledger derive from this
 * table.
 */
export const moves = {
  /** In the backlog, in a backoff, or granted a slot. */
  queued: ["preparing", "submitting", "canceled", "expired", "queued"],
  /** Media are being uploaded to the provider. */
  preparing: ["queued", "failed", "canceled", "expired"],
  /** The intent is stored; a POST may be in flight. */
  submitting: ["running", "queued", "failed", "unknown"],
  /** The outcome of the POST is not known: a task may exist and be charged. */
  unknown: ["running", "queued", "failed", "needs_review"],
  /** No proof that a task exists or not; an operator decides. */
  needs_review: ["running", "queued", "failed"],
  /** The task exists at the provider; its id is stored. */
  running: ["finalizing", "queued", "failed", "canceled", "expired"],
  /** The task succeeded; its outputs are being downloaded. */
  finalizing: ["succeeded", "failed"],
  succeeded: [],
  /** `finalizing` only after `output_lost`: the outputs are downloaded again, without a new attempt. */
  failed: ["queued", "finalizing"],
  canceled: [],
  /** Past its deadline. A late success is still downloaded, because it is charged. */
  expired: ["queued", "finalizing"],
} as const satisfies Record<string, readonly string[]>;

export type State = keyof typeof moves;
/** States that may follow `From`. */
export type Next<From extends State> = (typeof moves)[From][number];

export const states = Object.keys(moves) as readonly State[];
/** States that need work: a generation in one of them is in the backlog or has exactly one due time. */
export const liveStates = [
  "queued",
  "preparing",
  "submitting",
  "unknown",
  "needs_review",
  "running",
  "finalizing",
] as const satisfies State[];
/** States without work; `failed` and `expired` can be retried, and a late success recovers `expired`. */
export const restingStates = ["succeeded", "failed", "canceled", "expired"] as const satisfies State[];
export type RestingState = (typeof restingStates)[number];

export function isResting(state: State): state is RestingState {
  return (restingStates as readonly State[]).includes(state);
}

export function mayMove(from: State, to: State): boolean {
  return (moves[from] as readonly State[]).includes(to);
}

/** The table as a Mermaid state diagram, as in ARCHITECTURE.md. */
export function stateDiagram(): string {
  const arrows = states.flatMap((from) => moves[from].filter((to) => to !== from).map((to) => `  ${from} --> ${to}`));
  const ends = states.filter((state) => moves[state].length === 0).map((state) => `  ${state} --> [*]`);
  return ["stateDiagram-v2", "  [*] --> queued", ...arrows, ...ends].join("\n");
}
