import { createHash, randomUUID } from "node:crypto";
import type { Account, Installation } from "@reelqueue/pipeline";

/** Whether the requests of an account go to the simulator, by the simulator's own proof. */
export type IsSimulated = (account: Pick<Account, "baseUrl">) => Promise<boolean>;

const rememberedMs = 60_000;
const timeoutMs = 2_000;

/** Asks the origin of an account's base URL for the proof. A proof is remembered for a minute, its absence is not. */
export function simulatorCheck({ http }: Pick<Installation, "http">): IsSimulated {
  const provenUntil = new Map<string, number>();
  return async ({ baseUrl }) => {
    const { origin, protocol } = new URL(baseUrl);
    // the simulator has no TLS, so that no real provider is asked
    if (protocol !== "http:") return false;
    if ((provenUntil.get(origin) ?? 0) > performance.now()) return true;
    const proven = await proves(origin, http);
    if (proven) provenUntil.set(origin, performance.now() + rememberedMs);
    return proven;
  };
}

async function proves(origin: string, http: Installation["http"]): Promise<boolean> {
  const nonce = randomUUID();
  const expected = createHash("sha256").update(`reelqueue simulator ${nonce}`).digest("hex");
  try {
    const url = `${origin}/simulator/proof?nonce=${nonce}`;
    const { status, text } = await http.request({ method: "GET", url, trusted: true, timeoutMs });
    return status === 200 && (JSON.parse(text) as { proof?: unknown } | null)?.proof === expected;
  } catch {
    // no answer is no proof, nor is one that is not JSON
    return false;
  }
}
