import type { FailureClass, Generation } from "@reelqueue/contracts";

const byClass: Record<FailureClass, string> = {
  rejected:
    "the provider refused the request: correct it and enqueue it anew; Retry sends the same one as a new attempt",
  moderation: "change what the provider objects to and enqueue it anew; Retry sends the same request as a new attempt",
  upstream: "the provider failed: Retry makes a new paid attempt",
  unclassified: "read what the provider said; Retry makes a new paid attempt",
  output_lost: "it was paid for: ask the provider for the file, or enqueue it anew under another idempotency key",
  billing_uncertain:
    "it may have been paid for: look for its task at the provider, then enqueue it anew under another idempotency key",
};

/** What a person can do about a generation that does not go on by itself. */
export function adviceFor({ id, state, failure }: Generation): string | undefined {
  if (state === "needs_review") {
    return `nobody knows whether it was sent: look at the provider, then settle it with ./reelqueue review ${id}`;
  }
  if (state === "expired") return "it took longer than its expiresIn: Retry makes a new paid attempt";
  return state === "failed" && failure ? byClass[failure.class] : undefined;
}
