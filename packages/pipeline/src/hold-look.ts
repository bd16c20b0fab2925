import * as ledger from "@reelqueue/ledger";
import type { Deps } from "./deps.ts";
import { renewing } from "./renewing.ts";

/** The lease of one claimed look, renewed until disposed or ended. */
export interface HeldLook extends Disposable {
  /** Renews it no more; answers the end that it has by now, the fence of what is written. */
  end(): string;
}

/** Holds what was claimed for `lookLeaseMs`, however long its provider takes to answer; a lease that is lost all the same only costs another look. */
export function holdLook(
  lane: ledger.Lane,
  account: string,
  { id, lease }: { id: string; lease: string },
  { cell, timing }: Pick<Deps, "cell" | "timing">,
): HeldLook {
  const longerMs = timing.lookLeaseMs / 2;
  let held = lease;
  const renewal = renewing(longerMs, async () => {
    held = (await ledger.renew(cell, lane, account, { id, lease: held, longerMs })) ?? held;
  });
  const stop = () => renewal[Symbol.dispose]();
  return {
    end: () => {
      stop();
      return held;
    },
    [Symbol.dispose]: stop,
  };
}
