/** What the witnesses say of one promise. */
export interface Finding {
  /** The invariant's number. */
  promise: string;
  /** What was compared with what. */
  what: string;
  checked: number;
  /** A sentence for each case that breaks it. */
  broken: string[];
  /** Cases of which nobody can say; neither kept nor broken. */
  unknown: number;
}
