import type { GenerationRequest, JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { mediaOf, needsUpload } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
/** A file of our media store that an account's provider has to be given before a request can name it. */
export interface FileToUpload {
  /** `media://<sha256>.<ext>`. */
  url: string;
  /** `<sha256>.<ext>`: the same file has the same name. */
  name: string;
  kind: "image" | "video" | "audio";
}

/** The files of a request that its account's provider takes neither inline nor from us directly, each once. */
export function filesToUpload(request: GenerationRequest, { provider }: Account): FileToUpload[] {
  const files = mediaOf(request)
    .filter((medium) => needsUpload(provider.capabilities, medium))
    .map(({ url, kind }): FileToUpload => {
      return { url, name: url.slice("media://".length), kind: kind === "frame" ? "image" : kind };
    });
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

/** Whether some account may need files uploaded at all. */
export function mayUpload({ provider }: Account): boolean {
  return provider.uploads !== undefined && (provider.capabilities.uploads?.value.includes("bytes") ?? false);
}

/** The same request with uploaded files by the address that they have at the provider; `undefined` where one is not there. */
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
 * Sends a generation whose media the provider does not have yet to be prepared, without its slot; false where nothing is
 * missing, or where the job is stale.
 */
export async function startUploadIfNeeded(handOver: JobRef, ctx: Context): Promise<boolean> {
  if (![...ctx.accounts.values()].some(mayUpload)) return false;
  const found = await ledger.read(ctx.cell, handOver.generation);
  const account = ctx.accounts.get(found?.record.account ?? "");
  if (found?.record.state !== "queued" || found.record.dispatchSeq !== handOver.dispatchSeq || !account) return false;
  if ((await withAddresses(found.request, account, ctx)) !== undefined) return false;
  const moved = await ctx.transitions.startUpload(handOver, `its media are uploaded to ${account.name}`);
  if (moved.kind !== "moved") return false;
  ctx.wakeAdmission(account.name);
  return true;
}
