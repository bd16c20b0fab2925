import type { FailureClass } from "@reelqueue/contracts";
import { retryAfterMs } from "@reelqueue/egress";
import type { Exchange } from "./exchange.ts";
import { type Meaning, meaningOf, type Refusal, type Ruling } from "./rulings.ts";

/** How one provider reports what is wrong. */
export interface Errors {
  /** The error that the body reports; undefined where it is not in the provider's own envelope. */
  refusal(body: unknown): Refusal | undefined;
  /** The error that stands in an answer with a success status, and the status that it should have had. */
  refusedWithin?(body: unknown): { status: number; refusal: Refusal } | undefined;
  rulings: readonly Ruling[];
}

export type Answer = Extract<Exchange, { kind: "answer" }>;

export interface Judgement {
  meaning: Meaning;
  message: string;
  code?: string | undefined;
}

/** What an answer says is wrong; undefined for a success that reports nothing wrong. */
export function judge(errors: Errors, { status, body, evidence }: Answer): Judgement | undefined {
  if (isSuccess(status)) {
    const within = errors.refusedWithin?.(body);
    return within && ruled(within.status, within.refusal, errors.rulings);
  }
  const refusal = errors.refusal(body);
  if (refusal) return ruled(status, refusal, errors.rulings);
  if (status === 429) return { meaning: "throttled", message: evidence };
  return { meaning: "unknown", message: `HTTP ${status}, not in the provider's own words` };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function wait({ headers }: Answer): { retryAfterMs?: number } {
  const ms = retryAfterMs(headers, Date.now());
  return ms === undefined ? {} : { retryAfterMs: ms };
}

export function failure(meaning: FailureClass, code: string | undefined, message: string) {
  return { class: meaning, message, ...(code === undefined ? {} : { code }) };
}

function ruled(status: number, refusal: Refusal, rulings: readonly Ruling[]): Judgement {
  if (status === 429) return { ...refusal, meaning: "throttled" };
  return { ...refusal, meaning: meaningOf(status, refusal, rulings) };
}
