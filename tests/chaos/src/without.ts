import { randomUUID } from "node:crypto";
import type { JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Moved, sendMove } from "@reelqueue/ledger/testing";
import type { Account, Adjust, Installation } from "@reelqueue/pipeline";

/** The safety rules behind "never pay twice". A proof run leaves one out and must find a violation. */
export const rules = ["intent", "durable", "no-blind-retry", "fence", "quiet"] as const;
export type Rule = (typeof rules)[number];

/**
 * Adjusts a context so that one rule is left out. Production code has no switch for it: the part that keeps the rule is
 * replaced.
 */
export const without: Record<Rule, Adjust> = {
  /** The POST is sent before its intent is written. */
  intent: (it) => ({ ...it, transitions: new LateIntent(it) }),
  /** The POST is sent before the write of its intent is confirmed, although Redis may never receive it. */
  durable: (it) => ({ ...it, transitions: new UnconfirmedIntent(it) }),
  /** A POST without a certain answer is repeated under another idempotency key. */
  "no-blind-retry": (it) => eachAccount(it, withBlindRetry),
  /** Transitions do not check the expected record (state, lane, token). */
  fence: (it) => ({
    ...it,
    transitions: new ledger.Transitions(it.cell, it.publicUrl, (cell, step) => sendMove(cell, { ...step, expect: {} })),
  }),
  /** Absence counts before the quiet window ends. */
  quiet: (it) => eachAccount(it, (account) => ({ ...account, quietMs: Number.NEGATIVE_INFINITY })),
};

/** `begin` only sends the write of the intent, and returns what it would return by reading alone. */
class UnconfirmedIntent extends ledger.Transitions {
  readonly #cell: ledger.Cell;

  constructor({ cell, publicUrl }: Installation) {
    super(cell, publicUrl);
    this.#cell = cell;
  }

  override async begin(job: JobRef, intent: { token: string; leaseMs: number }): Promise<Moved> {
    const found = await ledger.read(this.#cell, job.generation);
    if (!found) return { kind: "missing" };
    const { state, lane, account, attempt, runTimeClass, requeues, dispatchSeq } = found.record;
    if (state !== "queued" || lane !== "granted" || dispatchSeq !== job.dispatchSeq) return { kind: "stale", state };
    this.write(job.generation, () => super.begin(job, intent));
    const wanted = { account, attempt, runTimeClass, ...(requeues !== undefined && { requeues }) };
    return { kind: "moved", dispatchSeq, wanted, request: `1${ledger.serializeRequest(found.request)}` };
  }

  protected write(_: string, intent: () => Promise<unknown>): void {
    void intent().catch(() => {});
  }
}

/** The intent is written together with the outcome of the POST. */
class LateIntent extends UnconfirmedIntent {
  readonly #unwritten = new Map<string, () => Promise<unknown>>();

  protected override write(generation: string, intent: () => Promise<unknown>): void {
    this.#unwritten.set(generation, intent);
  }

  override bind = this.#afterIntent(super.bind);
  override requeue = this.#afterIntent(super.requeue);
  override reject = this.#afterIntent(super.reject);
  override markUnknown = this.#afterIntent(super.markUnknown);

  #afterIntent<Ref extends { id: string }, Rest extends unknown[]>(
    transition: (ref: Ref, ...rest: Rest) => Promise<Moved>,
  ): typeof transition {
    return async (ref, ...rest) => {
      const unwritten = this.#unwritten.get(ref.id);
      this.#unwritten.delete(ref.id);
      await unwritten?.();
      return transition.call(this, ref, ...rest);
    };
  }
}

function withBlindRetry(account: Account): Account {
  const { provider } = account;
  const submit: typeof provider.submit = async (request, call) => {
    const idempotencyKey = `${call.idempotencyKey}.${randomUUID()}`;
    const submitted = await provider.submit(request, { ...call, idempotencyKey });
    return submitted.kind === "unknown"
      ? { kind: "throttled", retryAfterMs: 0, message: submitted.message }
      : submitted;
  };
  return { ...account, provider: { ...provider, submit } };
}

function eachAccount(it: Installation, change: (account: Account) => Account): Installation {
  return { ...it, accounts: new Map([...it.accounts].map(([name, account]) => [name, change(account)])) };
}
