import type { HandOver } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { mayUpload, withAddresses } from "./files.ts";

/**
 * Sends a generation whose media the provider does not have yet to be prepared, without its slot; false where nothing is
 * missing, or where the job is stale.
 */
export async function prepareFirst(handOver: HandOver, deps: Deps, freed: (account: string) => void): Promise<boolean> {
  if (![...deps.accounts.values()].some(mayUpload)) return false;
  const found = await ledger.read(deps.cell, handOver.generation);
  const account = deps.accounts.get(found?.record.account ?? "");
  if (found?.record.state !== "queued" || found.record.dispatchSeq !== handOver.n || !account) return false;
  if ((await withAddresses(found.request, account, deps)) !== undefined) return false;
  const moved = await deps.transitions.startUpload(handOver, `its media are uploaded to ${account.name}`);
  if (moved.kind !== "moved") return false;
  freed(account.name);
  return true;
}
