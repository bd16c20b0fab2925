import type { Lost } from "./reconcile.ts";

/** A POST may still take effect so long: until then no answer proves that there is no task (assumption A1). */
export function quietLeftMs({ nowMs, silentAtMs, intent }: Lost): number {
  return Math.max(0, intent.account.quietMs - (nowMs - silentAtMs));
}
