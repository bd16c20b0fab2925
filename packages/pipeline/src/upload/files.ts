import type { GenerationRequest, JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { mediaOf, needsUpload } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";

/** A file of the media store that has to be uploaded to a provider before a request can name it. */
export interface FileToUpload {
  /** `media://<sha256>.<ext>`. */
  url: string;
  /** `<sha256>.<ext>`: the same file has the same name. */
  name: string;
  kind: "image" | "video" | "audio";
}

/** The files of a request that have to be uploaded to the account's provider, each once. */
export function filesToUpload(request: GenerationRequest, { provider }: Account): FileToUpload[] {
  const files = mediaOf(request)
    .filter((medium) => needsUpload(provider.capabilities, medium))
    .map(({ url, kind }): FileToUpload => {
      return { url, name: url.slice("media://".length), kind: kind === "frame" ? "image" : kind };
    });
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

/** Whether requests of this account may need uploads. */
export function mayUpload({ provider }: Account): boolean {
  return provider.uploads !== undefined && (provider.capabilities.uploads?.value.includes("bytes") ?? false);
}

/** The request with the provider's addresses of its uploaded files; `undefined`: a file is not uploaded yet. */
export async function withAddresses(
  request: GenerationRequest,
  account: Account,
  { cell }: Pick<Context, "cell">,
): Promise<GenerationRequest | undefined> {
  const files = mayUpload(account) ? filesToUpload(request, account) : [];
  if (files.length === 0) return request;
  const names = files.map(({ name }) => name);
  const states = await ledger.uploadStates(cell, account.name, names);
  const addresses = new Map<string, string>();
  for (const [i, { url }] of files.entries()) {
    const state = states[i];
    if (state?.kind !== "ready") return undefined;
    addresses.set(url, state.address);
  }
  const placed = <Item extends { url: string }>(item: Item): Item => {
    return { ...item, url: addresses.get(item.url) ?? item.url };
  };
  const { images, videos, audios } = request;
  return { ...request, images: images.map(placed), videos: videos.map(placed), audios: audios.map(placed) };
}

/**
 * Moves a generation with missing uploads to `preparing` and releases its slot. False: no upload is missing, or the job
 * is stale.
 */
export async function startUploadIfNeeded(job: JobRef, ctx: Context): Promise<boolean> {
  if (![...ctx.accounts.values()].some(mayUpload)) return false;
  const found = await ledger.read(ctx.cell, job.generation);
  const account = ctx.accounts.get(found?.record.account ?? "");
  if (found?.record.state !== "queued" || found.record.dispatchSeq !== job.dispatchSeq || !account) return false;
  if ((await withAddresses(found.request, account, ctx)) !== undefined) return false;
  const moved = await ctx.transitions.startUpload(job, `its media are uploaded to ${account.name}`);
  if (moved.kind !== "moved") return false;
  ctx.wakeAdmission(account.name);
  return true;
}
