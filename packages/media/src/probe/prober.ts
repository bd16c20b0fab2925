import { createHash } from "node:crypto";
import type { MediaKind } from "@reelqueue/providers";
import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { type ProbeOptions, probe } from "./probe.ts";
import type { Probed } from "./source.ts";

export interface ProberOptions extends ProbeOptions {
  /** Files looked at at once, each of which may hold up to `maxBytes`; default 8. */
  concurrency?: number;
  /** Answers remembered at most; default 2,000. */
  remembered?: number;
}

/** Looks at a file, or says what it saw a short while ago. */
export type Prober = (url: string, kind: MediaKind) => Promise<Probed>;

const factsLastMs = 600_000;
/** Another time may work, but not within the same moment. */
const othersLastMs = 30_000;
/** Data URIs are long: their hash stands for them. */
const longestKey = 2_048;

/**
 * A `probe` for one run over many requests: the same file named a thousand times is looked at once, also while the
 * first look is under way.
 */
export function createProber({ concurrency = 8, remembered = 2_000, ...options }: ProberOptions): Prober {
  const answers = new LRUCache<string, Promise<Probed>>({ max: remembered });
  const limit = pLimit(concurrency);
  return (url, kind) => {
    const key = keyOf(url, kind);
    const known = answers.get(key);
    if (known) return known;
    const looking = limit(() => probe(url, kind, options));
    answers.set(key, looking);
    looking.then(
      ({ kind }) => answers.set(key, looking, { ttl: kind === "facts" ? factsLastMs : othersLastMs }),
      () => answers.delete(key),
    );
    return looking;
  };
}

function keyOf(url: string, kind: MediaKind): string {
  const name = url.length > longestKey ? createHash("sha256").update(url).digest("base64url") : url;
  return `${kind} ${name}`;
}
