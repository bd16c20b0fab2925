import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { fullJitterMs } from "../timing.ts";
import { ensureFile, type FileStatus } from "./ensure-file.ts";
import { type FileToUpload, filesToUpload } from "./files.ts";

/** Generations looked after in one round; files go one after the other, each wholly in memory. */
const most = 10;
/** Uploads of one generation that came to nothing before it is given up: nothing was paid for. */
const troublesAllowed = 12;

/**
 * Uploads the media of generations of one account that are in `preparing`, and gives back to the queue those that have all
 * of theirs at the provider. Returns ms until there is more to do.
 */
export async function uploadDue(account: Account, deps: Context, freed: (account: string) => void): Promise<number> {
  const { tickMs, pollLeaseMs } = deps.timing;
  const wish = { limit: most, leaseMs: pollLeaseMs };
  const {
    items,
    lease,
    nextInMs = tickMs,
  } = await ledger.claim(deps.cell, "preparing", account.name, ["consecutiveErrors"], wish);
  if (items.length === 0) return Math.min(tickMs, nextInMs);
  const found = await ledger.readMany(
    deps.cell,
    items.map(({ id }) => id),
  );
  using looks = new DisposableStack();
  const held = items.map(({ id }) => looks.use(holdClaim("preparing", account.name, { id, lease }, deps)));
  const ensured = new Map<string, FileStatus>();
  for (const [i, { id, consecutiveErrors: trouble = 0 }] of items.entries()) {
    const [generation, look] = [found[i], held[i]];
    if (!generation || !look) continue;
    const files = filesToUpload(generation.request, account);
    const outcome = await ensureAll(files, ensured, account, deps);
    await settle({ id, lease: look.end(), trouble }, outcome, account, deps);
  }
  freed(account.name);
  return Math.min(tickMs, nextInMs);
}

/** The first that is not ready, or that all are. Each file is asked for once in a round. */
async function ensureAll(
  files: readonly FileToUpload[],
  ensured: Map<string, FileStatus>,
  account: Account,
  deps: Context,
): Promise<FileStatus> {
  let waiting: FileStatus = { kind: "ready" };
  for (const file of files) {
    const outcome = ensured.get(file.name) ?? (await ensureFile(file, account, deps));
    ensured.set(file.name, outcome);
    if (outcome.kind === "failed" || outcome.kind === "blocked") return outcome;
    if (outcome.kind === "later") waiting = outcome;
  }
  return waiting;
}

interface Prepared {
  id: string;
  lease: string;
  trouble: number;
}

async function settle(
  { id, lease, trouble }: Prepared,
  outcome: FileStatus,
  account: Account,
  deps: Context,
): Promise<void> {
  switch (outcome.kind) {
    case "ready":
      return void (await deps.transitions.finishUpload(id, `its media are at ${account.name}`));
    case "blocked": {
      const reason = outcome.reason === "key" ? "bad key" : "balance";
      await ledger.pause(deps.cell, account.name, reason, { automatic: true });
      deps.meters.alarms.inc({ kind: `account-${outcome.reason}` });
      deps.log.error({ account: account.name, reason: outcome.reason }, `account paused: ${outcome.message}`);
      return void (await deps.transitions.finishUpload(id, outcome.message));
    }
    case "failed":
      return fail(id, outcome.failure, account, deps);
    case "later": {
      const troubles = outcome.inMs === undefined ? trouble + 1 : trouble;
      if (troubles > troublesAllowed) {
        const message = `its media could not be uploaded: ${outcome.why}`;
        return fail(id, { class: "upstream", message }, account, deps);
      }
      const nextInMs =
        outcome.inMs ??
        1_000 + fullJitterMs(troubles, deps.random, { baseMs: 1_000, capMs: 300_000 }) / account.timeScale;
      const set = { consecutiveErrors: troubles };
      await ledger.reschedule(deps.cell, { lane: "preparing", account: account.name, id, lease, nextInMs, set });
    }
  }
}

async function fail(id: string, failure: Failure, account: Account, deps: Context): Promise<void> {
  await deps.transitions.failUpload(id, failure);
  deps.meters.ends.inc({ account: account.name, state: "failed" });
}
