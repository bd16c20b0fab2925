/** Every move a generation may make; a state without moves is final. The one place that says so: types, docs and the ledger's script derive from it. */
export const moves = {
  /** In the backlog, waiting out a backoff, or granted a slot. */
  queued: ["preparing", "submitting", "canceled", "expired", "queued"],
  /** Its media is being uploaded to the provider. */
  preparing: ["queued", "failed", "canceled", "expired"],
  /** The intent is on disk; a POST may be in flight. */
  submitting: ["running", "queued", "failed", "unknown"],
  /** The fate of the POST is not known: the task may exist and be paid. */
  unknown: ["running", "queued", "needs_review"],
  /** No proof either way; the evidence is kept for a person. */
  needs_review: ["running", "queued", "failed"],
  /** The provider has it; the task id is on disk. */
  running: ["finalizing", "queued", "failed", "canceled", "expired"],
  /** The provider succeeded; the outputs are being kept. */
  finalizing: ["succeeded", "failed"],
  succeeded: [],
  /** `finalizing` only for `output_lost`: its outputs are downloaded again, without a new attempt. */
  failed: ["queued", "finalizing"],
  canceled: [],
  /** Gave up waiting. A late success is still taken: it was paid for. */
  expired: ["queued", "finalizing"],
} as const satisfies Record<string, readonly string[]>;

export type State = keyof typeof moves;
/** The states that may follow `From`; `move("succeeded", "running")` does not compile. */
export type Next<From extends State> = (typeof moves)[From][number];

export const states = Object.keys(moves) as readonly State[];
/** States in which a generation still needs work: each such generation is in the backlog or has exactly one due time. */
export const liveStates = [
  "queued",
  "preparing",
  "submitting",
  "unknown",
  "needs_review",
  "running",
  "finalizing",
] as const satisfies State[];
/** States that end the work; `failed` and `expired` can be retried, and an expired one may still be recovered. */
export const restingStates = ["succeeded", "failed", "canceled", "expired"] as const satisfies State[];
export type RestingState = (typeof restingStates)[number];

export function isResting(state: State): state is RestingState {
  return (restingStates as readonly State[]).includes(state);
}

export function mayMove(from: State, to: State): boolean {
  return (moves[from] as readonly State[]).includes(to);
}

/** The table as a Mermaid state diagram; ARCHITECTURE.md shows it and a test compares the two. */
export function stateDiagram(): string {
  const arrows = states.flatMap((from) => moves[from].filter((to) => to !== from).map((to) => `  ${from} --> ${to}`));
  const ends = states.filter((state) => moves[state].length === 0).map((state) => `  ${state} --> [*]`);
  return ["stateDiagram-v2", "  [*] --> queued", ...arrows, ...ends].join("\n");
}
