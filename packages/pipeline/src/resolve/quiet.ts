import type { Deps } from "../deps.ts";
import type { Lost } from "./index.ts";

/** A POST may still take effect so long: until then no answer proves that there is no task (assumption A1). */
export function quietLeftMs({ nowMs, silentAtMs, intent }: Lost, { without }: Pick<Deps, "without">): number {
  return without === "quiet" ? 0 : Math.max(0, intent.account.quietMs - (nowMs - silentAtMs));
}
