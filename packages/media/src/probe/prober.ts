import { createHash } from "node:crypto";
import type { MediaKind } from "@reelqueue/providers";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { type ProbeOptions, probe } from "./probe.ts";
import type { ProbeResult } from "./source.ts";

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
