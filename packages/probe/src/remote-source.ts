import { type Egress, EgressError, type EgressStream } from "@reelqueue/egress";
import { drop, follow } from "@reelqueue/outputs";
import { blockBytes, RangedSource } from "./ranged-source.ts";
import { type Source, SourceError, unreachable } from "./source.ts";
import { StreamedSource } from "./streamed-source.ts";

export interface RemoteOptions {
  http: Egress;
  signal: AbortSignal;
  /** No more is ever read. */
  maxBytes: number;
}

/** A file on the web, opened by asking for its first 64 KiB; what follows depends on whether the server sends parts. */
export async function openRemote(url: string, { http, signal, maxBytes }: RemoteOptions): Promise<Source> {
  const ask = async (start: number, end: number, etag?: string) => {
    const condition = etag === undefined ? {} : { "if-range": etag };
    const headers = { range: `bytes=${start}-${end - 1}`, ...condition };
    return await follow(http, { url, headers, signal }).catch(refusedOrUnreachable);
  };
  const first = await ask(0, blockBytes);
  if (first.status === 200) return new StreamedSource(first, maxBytes);
  if (first.status === 206) {
    const etag = strongEtag(first);
    return await RangedSource.open(first, (start, end) => ask(start, end, etag), maxBytes);
  }
  drop(first);
  // nothing of an empty file can be asked for
  if (/^bytes \*\/0$/.test(first.headers["content-range"] ?? "")) throw new SourceError("unknown", "it is empty");
  throw new SourceError("unreachable", `answered ${first.status}`);
}

function refusedOrUnreachable(error: unknown): never {
  if (!(error instanceof EgressError)) throw error;
  if (error.kind === "blocked") throw new SourceError("refused", error.message, { cause: error });
  throw unreachable(error);
}

/** A weak one does not promise the same bytes. */
function strongEtag({ headers }: EgressStream): string | undefined {
  return headers.etag?.startsWith('"') ? headers.etag : undefined;
}
