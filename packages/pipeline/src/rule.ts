import type { Move } from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";

/** The rules that "never pay twice" rests on. A rehearsal takes one away, to see that it is missed. */
export type Rule =
  /** The intent is written before the POST. */
  | "intent"
  /** The intent is durable before the POST: its answer is waited for. */
  | "durable"
  /** A POST without a certain answer is never blindly sent again. */
  | "no-blind-retry"
  /** Whoever writes must still be the one that the record believes to be at work. */
  | "fence"
  /** Absence is believed only after the quiet window. */
  | "quiet";

/** What a move expects of the record, so that an answer that comes late meets nothing but its own. */
export function fence(deps: Pick<Deps, "without">, expect: NonNullable<Move["expect"]>): Pick<Move, "expect"> {
  return deps.without === "fence" ? {} : { expect };
}
