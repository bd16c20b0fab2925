import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";

/** The lease of one look, renewed while that is under way. */
export interface HeldLook {
  /** Renews it no more; answers the end that it has by now, the fence of what is written. */
  end(): string;
}

export function holdLook(
  lane: ledger.Lane,
  account: string,
  { id, lease }: { id: string; lease: string },
  { cell, timing }: Pick<Deps, "cell" | "timing">,
): HeldLook {
  const longerMs = timing.lookLeaseMs / 2;
  let held = lease;
  const timer = setInterval(async () => {
    // one that was lost, or could not be asked for, only costs another look
    held = (await ledger.renew(cell, lane, account, { id, lease: held, longerMs }).catch(() => undefined)) ?? held;
  }, longerMs);
  return {
    end: () => {
      clearInterval(timer);
      return held;
    },
  };
}
