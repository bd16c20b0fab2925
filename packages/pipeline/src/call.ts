import type { Call } from "@reelqueue/providers";
import type { Account } from "./account.ts";
import type { Deps } from "./deps.ts";
import { patiently } from "./patience.ts";

/** What an adapter may use for one question about a task. */
export function callOf(account: Account, deps: Pick<Deps, "http" | "timing">): Call {
  return {
    http: patiently(account, deps.http),
    baseUrl: account.baseUrl,
    key: account.key.reveal(),
    switches: account.reading.switches,
    timeoutMs: deps.timing.lookMs,
  };
}
