import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { holdClaim } from "../leases.ts";
import { allOf, type Loops, startLoop } from "../loops.ts";
import { pauseBlocked } from "../pause-account.ts";
import { fullJitterMs } from "../timing.ts";
import { ensureFile, type FileStatus } from "./ensure-file.ts";
import { type FileToUpload, filesToUpload, mayUpload } from "./files.ts";

/**
 * Uploads media until disposed. One loop per account whose provider takes uploads, so that a large file delays no other
 * account.
 */
export function startUploader(ctx: Context): Loops {
  const accounts = [...ctx.accounts.values()].filter(mayUpload);
  return allOf(accounts.map((account) => startLoop(`upload.${account.name}`, () => uploadDue(account, ctx), ctx)));
}

/** Generations per claim. Files are uploaded one after the other, each wholly in memory. */
const mostPerClaim = 10;
/** A generation fails after more than this many failed uploads; nothing was charged. */
const errorsAllowed = 12;

/**
 * Uploads the media of due `preparing` generations of one account, and queues those that are complete. Returns the ms
 * until the next is due.
 */
export async function uploadDue(account: Account, ctx: Context): Promise<number> {
  const { tickMs, pollLeaseMs } = ctx.timing;
  const options = { fields: ["consecutiveErrors"], limit: mostPerClaim, leaseMs: pollLeaseMs } as const;
  const { items, lease, nextInMs = tickMs } = await ledger.claim(ctx.cell, "preparing", account.name, options);
  if (items.length === 0) return Math.min(tickMs, nextInMs);
  const found = await ledger.readMany(
    ctx.cell,
    items.map(({ id }) => id),
  );
  using claims = new DisposableStack();
  const held = items.map(({ id }) => claims.use(holdClaim("preparing", account.name, { id, lease }, ctx)));
  const ensured = new Map<string, FileStatus>();
  for (const [i, { id, consecutiveErrors = 0 }] of items.entries()) {
    const [generation, claim] = [found[i], held[i]];
    if (!generation || !claim) continue;
    const files = filesToUpload(generation.request, account);
    const status = await ensureAll(files, ensured, account, ctx);
    await applyStatus({ id, lease: claim.end(), consecutiveErrors }, status, account, ctx);
  }
  ctx.wakeAdmission(account.name);
  return Math.min(tickMs, nextInMs);
}

/** `ready` if all files are; else the first failure, or the last wait. Each file is handled once per claim. */
async function ensureAll(
  files: readonly FileToUpload[],
  ensured: Map<string, FileStatus>,
  account: Account,
  ctx: Context,
): Promise<FileStatus> {
  let combined: FileStatus = { kind: "ready" };
  for (const file of files) {
    const status = ensured.get(file.name) ?? (await ensureFile(file, account, ctx));
    ensured.set(file.name, status);
    if (status.kind === "failed" || status.kind === "blocked") return status;
    if (status.kind === "later") combined = status;
  }
  return combined;
}

interface ClaimedUpload {
  id: string;
  lease: string;
  consecutiveErrors: number;
}

async function applyStatus(
  { id, lease, consecutiveErrors }: ClaimedUpload,
  status: FileStatus,
  account: Account,
  ctx: Context,
): Promise<void> {
  switch (status.kind) {
    case "ready":
      return void (await ctx.transitions.finishUpload(id, `its media are at ${account.name}`));
    case "blocked":
      await pauseBlocked(account, status, ctx);
      return void (await ctx.transitions.finishUpload(id, status.message));
    case "failed":
      return void (await ctx.transitions.failUpload(id, status.failure));
    case "later": {
      const errors = status.inMs === undefined ? consecutiveErrors + 1 : consecutiveErrors;
      if (errors > errorsAllowed) {
        const message = `its media could not be uploaded: ${status.why}`;
        return void (await ctx.transitions.failUpload(id, { class: "upstream", message }));
      }
      const nextInMs =
        status.inMs ??
        1_000 + account.clock.toRealMs(fullJitterMs(errors, ctx.random, { baseMs: 1_000, capMs: 300_000 }));
      const set = { consecutiveErrors: errors };
      await ledger.reschedule(ctx.cell, { lane: "preparing", account: account.name, id, lease, nextInMs, set });
    }
  }
}
