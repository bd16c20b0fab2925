import type { UnresolvedSubmit } from "./reconcile.ts";

/** A POST may still take effect so long: until then no answer proves that there is no task (assumption A1). */
export function quietLeftMs({ nowMs, quietFromMs: silentAtMs, intent }: UnresolvedSubmit): number {
  return Math.max(0, intent.account.quietMs - (nowMs - silentAtMs));
}
