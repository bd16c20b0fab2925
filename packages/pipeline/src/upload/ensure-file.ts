import { buffer } from "node:stream/consumers";
import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { NoAnswer, Uploaded } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { callOf } from "../circuit-breaker.ts";
import type { Context } from "../context.ts";
import { renewEvery } from "../leases.ts";
import type { FileToUpload } from "./files.ts";

/**
 * Whether the provider has a file. `inMs`: when to check again; left out: after a backoff, and it counts as an error.
 */
export type FileStatus =
  | { kind: "ready" }
  | { kind: "later"; why: string; inMs?: number }
  | { kind: "blocked"; reason: "key" | "balance"; message: string }
  | { kind: "failed"; failure: Failure };

/** INFERRED: no provider documents how long it keeps an uploaded file or asset; outputs are kept for a day. */
const lifetimeMs = 12 * 3_600_000;
const processingAgainMs = 5_000;
const beingUploaded: FileStatus = { kind: "later", why: "it is being uploaded", inMs: 1_000 };

/** Advances one file's upload to an account's provider by one step. However many ask for it, it is uploaded once. */
export async function ensureFile(file: FileToUpload, account: Account, ctx: Context): Promise<FileStatus> {
  const [known] = await ledger.uploadStates(ctx.cell, account.name, [file.name]);
  switch (known?.kind) {
    case "ready":
      return { kind: "ready" };
    case "uploading":
      return beingUploaded;
    case "processing":
      return checkAsset(known.assetId, file, account, ctx);
    case undefined: {
      const isOurs = await ledger.beginUpload(ctx.cell, account.name, file.name, ctx.timing.uploadLeaseMs);
      return isOurs ? send(file, account, ctx) : beingUploaded;
    }
  }
}

async function send(file: FileToUpload, account: Account, ctx: Context): Promise<FileStatus> {
  const { uploadLeaseMs } = ctx.timing;
  using _ = renewEvery(uploadLeaseMs / 3, () => ledger.renewUpload(ctx.cell, account.name, file.name, uploadLeaseMs));
  const record = (state: ledger.UploadState) =>
    ledger.recordUpload(ctx.cell, account.name, file.name, { state, ttlMs: lifetimeMs });
  const uploaded = await upload(file, account, ctx).catch(
    (error: unknown): Uploaded => ({
      kind: "unreachable",
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  switch (uploaded.kind) {
    case "url":
      await record({ kind: "ready", address: uploaded.url });
      return { kind: "ready" };
    case "asset":
      await record({ kind: "processing", assetId: uploaded.assetId });
      return stillProcessing("new", account);
    case "rejected":
      await ledger.dropUpload(ctx.cell, account.name, file.name);
      return { kind: "failed", failure: uploaded.failure };
    default:
      await ledger.dropUpload(ctx.cell, account.name, file.name);
      return unanswered(uploaded);
  }
}

async function upload({ url, name, kind }: FileToUpload, account: Account, ctx: Context): Promise<Uploaded> {
  const opened = await ctx.media.open(url);
  if (!opened || !account.provider.uploads) {
    const message = `${url} is no longer in the media store`;
    return { kind: "rejected", failure: { class: "rejected", message } };
  }
  const source = { bytes: await buffer(opened.stream), contentType: opened.contentType };
  const call = { ...callOf(account, ctx), timeoutMs: ctx.timing.uploadMs };
  return account.provider.uploads.upload({ kind, name, source }, call);
}

async function checkAsset(assetId: string, file: FileToUpload, account: Account, ctx: Context): Promise<FileStatus> {
  const asset = (await account.provider.uploads?.asset?.(assetId, callOf(account, ctx))) ?? { kind: "active" };
  switch (asset.kind) {
    case "active":
      await ledger.recordUpload(ctx.cell, account.name, file.name, {
        state: { kind: "ready", address: `asset://${assetId}` },
        ttlMs: lifetimeMs,
      });
      return { kind: "ready" };
    case "processing":
      return stillProcessing(asset.status, account);
    case "failed":
      await ledger.dropUpload(ctx.cell, account.name, file.name);
      return { kind: "failed", failure: { class: "input_refused", message: `${file.name}: ${asset.message}` } };
    case "missing":
      await ledger.dropUpload(ctx.cell, account.name, file.name);
      return { kind: "later", why: asset.message };
    default:
      return unanswered(asset);
  }
}

function stillProcessing(status: string, { clock }: Account): FileStatus {
  return { kind: "later", why: `the provider is processing it: ${status}`, inMs: clock.toRealMs(processingAgainMs) };
}

function unanswered(answer: NoAnswer): FileStatus {
  switch (answer.kind) {
    case "blocked":
      return answer;
    case "throttled":
      return { kind: "later", why: answer.message, inMs: answer.retryAfterMs ?? 5_000 };
    case "unreachable":
      return { kind: "later", why: answer.message };
  }
}
