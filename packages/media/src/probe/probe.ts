import type { Egress } from "@reelqueue/egress";
import type { MediaKind } from "@reelqueue/providers";
import { sniff } from "../download/content-check.ts";
import { fromDataUri, type MediaStore } from "../media-store/media-store.ts";
import { openBytes, openRemote, openStored } from "./open-source.ts";
import { readApart } from "./reading/apart.ts";
import { type Probed, type Source, SourceError } from "./source.ts";
export interface ProbeOptions {
  http: Egress;
  media: MediaStore;
  signal?: AbortSignal;
  /** No more of one file is ever read; default 60,000,000. */
  maxBytes?: number;
  /** For all of one file; default 10,000. */
  timeoutMs?: number;
}

const headBytes = 65_536;

/**
 * Looks at a file and says what it really is, reading as little of it as that needs. `https://`, `http://` (both within
 * egress' guard, at most three redirects), `media://` and `data:` can be looked at. Never rejects for what is at the URL.
 */
export async function probe(url: string, kind: MediaKind, options: ProbeOptions): Promise<Probed> {
  const { maxBytes = 60_000_000, timeoutMs = 10_000 } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    return await unlessAborted(signal, look(url, kind, { ...options, maxBytes, signal }));
  } catch (error) {
    if (deadline.aborted) return { kind: "unreachable", why: `not read within ${timeoutMs} ms` };
    if (signal.aborted) return { kind: "unreachable", why: "given up before it was read" };
    if (error instanceof SourceError) return { kind: error.kind, why: error.message };
    throw error;
  }
}

type Looking = ProbeOptions & { maxBytes: number; signal: AbortSignal };

async function look(url: string, kind: MediaKind, options: Looking): Promise<Probed> {
  using source = await open(url, options);
  const head = await source.read(0, headBytes);
  if (head.length === 0) return { kind: "unknown", why: "it is empty" };
  const beginning = Buffer.from(head.subarray(0, 64));
  const claim = sniff(beginning)?.extension;
  if (!claim && isText(beginning)) return { kind: "unknown", why: "it is a text such as HTML or JSON" };
  const bytes = await source.size();
  const file = { bytes, randomAccess: source.randomAccess, kind, ...(claim && { claim }) };
  const parsed = await readApart({ ...file, read: (start, end) => source.read(start, end) }, options.signal);
  return parsed.kind === "facts" ? { kind: "facts", facts: { ...parsed.facts, bytes } } : parsed;
}

async function open(url: string, { http, media, maxBytes, signal }: Looking): Promise<Source> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case "http":
    case "https":
      return await openRemote(url, { http, signal, maxBytes });
    case "media":
      return openStored(url, media, maxBytes);
    case "data":
      return openDataUri(url, maxBytes);
    case "asset":
      throw new SourceError("unknown", "only the provider knows what its asset is");
    default:
      throw new SourceError("unknown", "not at an https://, http://, media:// or data: address");
  }
}

function openDataUri(uri: string, maxBytes: number): Source {
  const read = fromDataUri(uri, maxBytes);
  switch (read.kind) {
    case "bytes":
      return openBytes(read.bytes);
    case "malformed":
      throw new SourceError("unknown", `a data URI that ${read.why}`);
    case "too_large":
      throw new SourceError("refused", `more than ${read.limitBytes} bytes`);
  }
}

/** What web servers answer instead of a file. */
function isText(beginning: Buffer): boolean {
  return /^(?:\xef\xbb\xbf)?\s*[<{[]/.test(beginning.toString("latin1"));
}

/** Rejects at once when the signal comes, whatever the work is doing. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
