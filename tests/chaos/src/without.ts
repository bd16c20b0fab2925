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
  /** The POST is sent before the write of its intent is confirmed. */
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

type Intent = Parameters<ledger.Transitions["begin"]>[1];

class Previewing extends ledger.Transitions {
  readonly #cell: ledger.Cell;

  constructor({ cell, publicUrl }: Installation) {
    super(cell, publicUrl);
    this.#cell = cell;
  }

  /** The result that `begin` would return, by reading alone. */
  protected async preview({ generation, dispatchSeq }: JobRef): Promise<Moved> {
    const found = await ledger.read(this.#cell, generation);
    if (!found) return { kind: "missing" };
    const { state, lane, account, attempt, runTimeClass, requeues } = found.record;
    if (state !== "queued" || lane !== "granted" || found.record.dispatchSeq !== dispatchSeq)
      return { kind: "stale", state };
    const gate = await ledger.readGate(this.#cell, account);
    if (gate.kind !== "open") return { kind: "given_back", state, why: gate.kind, account };
    const wanted = { account, attempt, runTimeClass, ...(requeues !== undefined && { requeues }) };
    return { kind: "moved", dispatchSeq, wanted, request: `1${ledger.serializeRequest(found.request)}` };
  }
}

/** `begin` only reads; the intent is written together with the outcome of the POST. */
class LateIntent extends Previewing {
  readonly #unwritten = new Map<string, [JobRef, Intent]>();

  override async begin(job: JobRef, intent: Intent): Promise<Moved> {
    const started = await this.preview(job);
    if (started.kind === "moved") this.#unwritten.set(job.generation, [job, intent]);
    return started;
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
      if (unwritten) await super.begin(...unwritten);
      return transition.call(this, ref, ...rest);
    };
  }
}

/**
 * Sends the intent to Redis without waiting for the reply: the POST may be sent although Redis never received the
 * intent.
 */
class UnconfirmedIntent extends Previewing {
  override async begin(job: JobRef, intent: Intent): Promise<Moved> {
    const started = await this.preview(job);
    if (started.kind === "moved") void super.begin(job, intent).catch(() => {});
    return started;
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
