import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { allOf, type Loops, startLoop } from "../loops.ts";
import { fullJitterMs } from "../timing.ts";
import { ensureFile, type FileStatus } from "./ensure-file.ts";
import { type FileToUpload, filesToUpload, mayUpload } from "./files.ts";

/** Uploads media until disposed. One loop for each account whose provider takes uploads: a large file keeps nobody else waiting. */
export function startUploader(ctx: Context): Loops {
  const accounts = [...ctx.accounts.values()].filter(mayUpload);
  return allOf(accounts.map((account) => startLoop(`upload.${account.name}`, () => uploadDue(account, ctx), ctx)));
}

/** Generations looked after in one round; files go one after the other, each wholly in memory. */
const most = 10;
/** Uploads of one generation that came to nothing before it is given up: nothing was paid for. */
const troublesAllowed = 12;

/**
 * Uploads the media of generations of one account that are in `preparing`, and gives back to the queue those that have all
 * of theirs at the provider. Returns ms until there is more to do.
 */
export async function uploadDue(account: Account, ctx: Context): Promise<number> {
  const { tickMs, pollLeaseMs } = ctx.timing;
  const wish = { limit: most, leaseMs: pollLeaseMs };
  const {
    items,
    lease,
    nextInMs = tickMs,
  } = await ledger.claim(ctx.cell, "preparing", account.name, ["consecutiveErrors"], wish);
  if (items.length === 0) return Math.min(tickMs, nextInMs);
  const found = await ledger.readMany(
    ctx.cell,
    items.map(({ id }) => id),
  );
  using looks = new DisposableStack();
  const held = items.map(({ id }) => looks.use(holdClaim("preparing", account.name, { id, lease }, ctx)));
  const ensured = new Map<string, FileStatus>();
  for (const [i, { id, consecutiveErrors: trouble = 0 }] of items.entries()) {
    const [generation, look] = [found[i], held[i]];
    if (!generation || !look) continue;
    const files = filesToUpload(generation.request, account);
    const outcome = await ensureAll(files, ensured, account, ctx);
    await settle({ id, lease: look.end(), trouble }, outcome, account, ctx);
  }
  ctx.wakeAdmission(account.name);
  return Math.min(tickMs, nextInMs);
}

/** The first that is not ready, or that all are. Each file is asked for once in a round. */
async function ensureAll(
  files: readonly FileToUpload[],
  ensured: Map<string, FileStatus>,
  account: Account,
  ctx: Context,
): Promise<FileStatus> {
  let waiting: FileStatus = { kind: "ready" };
  for (const file of files) {
    const outcome = ensured.get(file.name) ?? (await ensureFile(file, account, ctx));
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
  ctx: Context,
): Promise<void> {
  switch (outcome.kind) {
    case "ready":
      return void (await ctx.transitions.finishUpload(id, `its media are at ${account.name}`));
    case "blocked": {
      const reason = outcome.reason === "key" ? "bad key" : "balance";
      await ledger.pause(ctx.cell, account.name, reason, { automatic: true });
      ctx.meters.alarms.inc({ kind: `account-${outcome.reason}` });
      ctx.log.error(
        { event: "account.paused", account: account.name, reason: outcome.reason },
        `account paused: ${outcome.message}`,
      );
      return void (await ctx.transitions.finishUpload(id, outcome.message));
    }
    case "failed":
      return fail(id, outcome.failure, account, ctx);
    case "later": {
      const troubles = outcome.inMs === undefined ? trouble + 1 : trouble;
      if (troubles > troublesAllowed) {
        const message = `its media could not be uploaded: ${outcome.why}`;
        return fail(id, { class: "upstream", message }, account, ctx);
      }
      const nextInMs =
        outcome.inMs ??
        1_000 + fullJitterMs(troubles, ctx.random, { baseMs: 1_000, capMs: 300_000 }) / account.timeScale;
      const set = { consecutiveErrors: troubles };
      await ledger.reschedule(ctx.cell, { lane: "preparing", account: account.name, id, lease, nextInMs, set });
    }
  }
}

async function fail(id: string, failure: Failure, account: Account, ctx: Context): Promise<void> {
  await ctx.transitions.failUpload(id, failure);
  ctx.meters.ends.inc({ account: account.name, state: "failed" });
}
