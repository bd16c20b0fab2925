import type { Output } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";

/** What stays beside the outputs for good: what was asked, what came, what it cost, and when everything happened. */
export function passportOf({ id, record, request }: ledger.Found, outputs: readonly Output[]): string {
  const { timeline, ...generation } = ledger.toGeneration(id, record, request);
  return `${JSON.stringify({ version: 1, ...generation, state: "succeeded", outputs, timeline }, null, 2)}\n`;
}
