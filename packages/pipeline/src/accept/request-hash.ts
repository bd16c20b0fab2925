import { createHash } from "node:crypto";
import type { GenerationRequest } from "@reelqueue/contracts";
import { freeze } from "@reelqueue/ledger";

/** Tells a repeated request from another one under the same idempotency key. */
export function requestHash(request: GenerationRequest): string {
  const asked = `${freeze(request)}\n${request.account ?? ""}\n${request.batch ?? ""}\n${request.priority}`;
  return createHash("sha256").update(asked).digest("base64url").slice(0, 16);
}
