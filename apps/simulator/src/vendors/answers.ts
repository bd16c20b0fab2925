import { createHmac } from "node:crypto";
import { type Reply, withHeaders } from "../http.ts";
import type { Quota } from "../limits.ts";
import type { Output, Refusal, Vendor, View } from "../vendor.ts";

type Kind = Refusal["kind"];
/** A reply, or a function that makes it. */
type Answer<K extends Kind> = Reply | ((refusal: Refusal & { kind: K }, chance: number) => Reply);

/** A vendor's `refuse`, from its answer to each kind of refusal. */
export function refusals(answers: { [K in Kind]: Answer<K> }): Vendor["refuse"] {
  return function refuse<K extends Kind>(refusal: Refusal & { kind: K }, chance: number): Reply {
    const kind: K = refusal.kind;
    const answer: Answer<K> = answers[kind];
    return typeof answer === "function" ? answer(refusal, chance) : answer;
  };
}

/** The answers of a vendor without idempotency keys: it cannot refuse a key. */
export const noIdempotencyKeys = { "key-in-flight": unexpected, "key-mismatch": unexpected };

function unexpected({ kind }: Refusal): never {
  throw new Error(`${kind}: the vendor has no idempotency keys`);
}

type Words = Record<"queued" | "running" | "succeeded" | "failed", string> & Partial<Record<View["phase"], string>>;

/** A vendor's word for every phase. No document names `cancelled` and `expired` of a vendor that cannot cancel. */
export function wordsOf(words: Words): Record<View["phase"], string> {
  const { running, failed } = words;
  return { archiving: running, cancelled: failed, expired: failed, undocumented: "reviewing", ...words };
}

export function urlOf({ outputs }: View, wanted: Output["kind"]): string | undefined {
  return outputs.find(({ kind }) => kind === wanted)?.url;
}

export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/** The state of a rate window; the reset is in unix seconds. */
export function rateHeaders({ limit, remaining, freeAtMs }: Quota): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil(freeAtMs / 1_000)),
  };
}

export function withRetryAfter(reply: Reply, seconds: number | undefined): Reply {
  return withHeaders(reply, seconds === undefined ? undefined : { "retry-after": String(seconds) });
}

export function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}
