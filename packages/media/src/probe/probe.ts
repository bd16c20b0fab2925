import { createHash } from "node:crypto";
import type { Egress } from "@reelqueue/egress";
import type { MediaKind } from "@reelqueue/providers";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { sniff } from "../download/content-check.ts";
import { type MediaStore, parseDataUri } from "../media-store/media-store.ts";
import { openBytes, openRemote, openStored } from "./open-source.ts";
import { parseInWorker } from "./reading/worker.ts";
import { type ProbeResult, type Source, SourceError } from "./source.ts";
export interface ProbeOptions {
  http: Egress;
  media: MediaStore;
  signal?: AbortSignal;
  /** Maximum number of bytes that are read of one file; default 60,000,000. */
  maxBytes?: number;
  /** Time limit of the whole probe; default 10,000. */
  timeoutMs?: number;
}

const headBytes = 65_536;

/**
 * Inspects a file: its format, size, length and frame rate by its bytes, reading as few bytes as possible. Accepts
 * `https://` and `http://` (checked by egress, at most 3 redirects), `media://` and `data:`. Never rejects because of
 * the file or its server.
 */
export async function probe(url: string, kind: MediaKind, options: ProbeOptions): Promise<ProbeResult> {
  const { maxBytes = 60_000_000, timeoutMs = 10_000 } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    return await unlessAborted(signal, inspect(url, kind, { ...options, maxBytes, signal }));
  } catch (error) {
    if (deadline.aborted) return { kind: "unreachable", reason: `not read within ${timeoutMs} ms` };
    if (signal.aborted) return { kind: "unreachable", reason: "the probe was aborted" };
    if (error instanceof SourceError) return { kind: error.kind, reason: error.message };
    throw error;
  }
}

type ProbeCall = ProbeOptions & { maxBytes: number; signal: AbortSignal };

async function inspect(url: string, kind: MediaKind, options: ProbeCall): Promise<ProbeResult> {
  using source = await open(url, options);
  const head = await source.read(0, headBytes);
  if (head.length === 0) return { kind: "unknown", reason: "it is empty" };
  const beginning = Buffer.from(head.subarray(0, 64));
  const claim = sniff(beginning)?.extension;
  if (!claim && isText(beginning)) return { kind: "unknown", reason: "it is a text such as HTML or JSON" };
  const bytes = await source.size();
  const file = { bytes, randomAccess: source.randomAccess, kind, ...(claim && { claim }) };
  const parsed = await parseInWorker({ ...file, read: (start, end) => source.read(start, end) }, options.signal);
  return parsed.kind === "facts" ? { kind: "facts", facts: { ...parsed.facts, bytes } } : parsed;
}

async function open(url: string, { http, media, maxBytes, signal }: ProbeCall): Promise<Source> {
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
      throw new SourceError("unknown", "an asset is readable by its provider only");
    default:
      throw new SourceError("unknown", "not an https://, http://, media:// or data: URL");
  }
}

function openDataUri(uri: string, maxBytes: number): Source {
  const read = parseDataUri(uri, maxBytes);
  switch (read.kind) {
    case "bytes":
      return openBytes(read.bytes);
    case "malformed":
      throw new SourceError("unknown", `a data URI that ${read.reason}`);
    case "too_large":
      throw new SourceError("refused", `more than ${read.limitBytes} bytes`);
  }
}

/** Whether the file is a text, such as the error page of a web server. */
function isText(beginning: Buffer): boolean {
  return /^(?:\xef\xbb\xbf)?\s*[<{[]/.test(beginning.toString("latin1"));
}

/** Rejects as soon as the signal aborts, without waiting for the work. */
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

export interface ProberOptions extends ProbeOptions {
  /** Maximum number of concurrent probes, each of which may buffer up to `maxBytes`; default 8. */
  concurrency?: number;
  /** Maximum number of cached results; default 2,000. */
  maxEntries?: number;
}

/** Probes a file or returns a cached result. */
export type Prober = (url: string, kind: MediaKind) => Promise<ProbeResult>;

const factsTtlMs = 600_000;
/** A file that was not readable is probed again after this time. */
const othersTtlMs = 30_000;
/** A longer URL, such as a data URI, is replaced by its hash. */
const maxKeyChars = 2_048;

/** Creates a `probe` with a cache: concurrent and repeated calls for one file and kind share one probe. */
export function createProber({ concurrency = 8, maxEntries = 2_000, ...options }: ProberOptions): Prober {
  const results = new LRUCache<string, Promise<ProbeResult>>({ max: maxEntries });
  const limit = pLimit(concurrency);
  return (url, kind) => {
    const key = keyOf(url, kind);
    const cached = results.get(key);
    if (cached) return cached;
    const result = limit(() => probe(url, kind, options));
    results.set(key, result);
    result.then(
      ({ kind }) => results.set(key, result, { ttl: kind === "facts" ? factsTtlMs : othersTtlMs }),
      () => results.delete(key),
    );
    return result;
  };
}

function keyOf(url: string, kind: MediaKind): string {
  const name = url.length > maxKeyChars ? createHash("sha256").update(url).digest("base64url") : url;
  return `${kind} ${name}`;
}
