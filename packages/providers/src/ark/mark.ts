import { createHash } from "node:crypto";
import type { GenerationRequest } from "@reelqueue/contracts";

/** What `execution_expires_after` may be (FOUND); above 48 h the provider would run longer than our table says. */
const leastSeconds = 3_600;
const defaultSeconds = 172_800;
const spread = 43_199;

/**
 * Seconds after which the provider gives a task up: between 36 and 48 hours, or as much as 12 hours more than the request gives
 * itself. Ark repeats it in its list, and it differs from attempt to attempt: a lost task is known by it.
 */
export function markOf({ expiresIn }: GenerationRequest, idempotencyKey: string): number {
  const most = defaultSeconds - spread - 1;
  const base = Math.min(Math.max(expiresIn ?? most, leastSeconds), most);
  const drawn = createHash("sha256").update(idempotencyKey).digest().readUInt32BE(0) % spread;
  return base + 1 + drawn;
}

/** Whether a repeated value says nothing: Ark's own default, as it would stand there had the one that was sent been ignored. */
export function isUnmarked(seconds: number | undefined): boolean {
  return seconds === undefined || seconds === defaultSeconds;
}
