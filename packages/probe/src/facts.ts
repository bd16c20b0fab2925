import type { MediaFacts } from "@reelqueue/providers";

/** What came of looking at a file. Each `why` is a sentence's end for people, such as `answered 404`. */
export type Probed =
  | { kind: "facts"; facts: MediaFacts }
  /** It is there, but what it is cannot be told. */
  | { kind: "unknown"; why: string }
  /** No usable answer in time; another time may work. */
  | { kind: "unreachable"; why: string }
  /** Its address may not be fetched, or too much of it would have to be. */
  | { kind: "refused"; why: string };
