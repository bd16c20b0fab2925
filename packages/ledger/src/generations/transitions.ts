import type { Failure, JobRef, Next, State } from "@reelqueue/contracts";
import type { Cell } from "../cell.ts";
import { type Ending, endingFields, type OnEnd } from "../deliveries/event.ts";
import type { Streak } from "../redis/codec.ts";
import { operationToken } from "../redis/keys.ts";
import { clearedOnEntry, newAttempt, submitFields } from "./cleared-on-entry.ts";
import { type SendMove, sendMove } from "./move.ts";
import type { Due, Move, Moved } from "./move-text.ts";
import { type Found, read } from "./read.ts";
import {
  type AttemptEnd,
  asIntent,
  charged,
  expectDispatch,
  expectGrant,
  expectUnchanged,
  expired,
  type FinishedTask,
  failureCost,
  type IntentRef,
  type NextAttempt,
  noTask,
  type Step,
  type Submit,
  type SubmitRef,
  type Success,
  type TaskRef,
  type UnknownRef,
} from "./refs.ts";

type End = Pick<Step, "token" | "expect" | "note" | "due" | "freeSlot" | "clear"> & Omit<Ending, "state">;
const watch: Due = { lane: "watch", inMs: 0 };

/**
 * Every change of a state, one method each; nothing else in the product writes a state. Operations that are repeated
 * after a lost answer take or derive a token, so that the repetition is recognised.
 */
export class Transitions {
  readonly #context: { cell: Cell; publicUrl: string | undefined; send: SendMove; onEnd: OnEnd };

  /** `publicUrl`: root of the URLs in webhooks. `send`: replaced by tests only. `onEnd`: hears of each end once. */
  constructor(cell: Cell, publicUrl?: string, send: SendMove = sendMove, onEnd: OnEnd = () => undefined) {
    this.#context = { cell, publicUrl, send, onEnd };
  }

  /** queued → submitting, while the account takes submits. Stores the intent, durable before any byte is sent. */
  begin({ generation, dispatchSeq }: JobRef, { token, leaseMs }: { token: string; leaseMs: number }): Promise<Moved> {
    return this.#move(generation, ["queued"], "submitting", {
      token,
      expect: expectGrant(dispatchSeq),
      due: { lane: "submitting", inMs: leaseMs },
      ...asIntent,
    });
  }

  /** submitting, unknown, needs_review → running. Binds the task for good; a late answer still binds. */
  bind({ id, account, attempt, token }: IntentRef, taskId: string, firstPollInMs: number): Promise<Moved> {
    return this.#move(id, ["submitting", "unknown", "needs_review"], "running", {
      token: `${token}+`,
      expect: { attempt, account: account.name },
      bindTask: taskId,
      due: { lane: "poll", inMs: firstPollInMs },
    });
  }

  /** submitting, unknown → queued, same attempt. Nothing was sent, or the provider is busy: no task exists. */
  requeue(of: SubmitRef, why: string, due: Due, requeues?: number): Promise<Moved> {
    const set = requeues === undefined ? {} : { set: { requeues } };
    return this.#move(of.id, [of.from], "queued", { ...noTask(of), due, ...set, note: why });
  }

  /** submitting, unknown → failed. The provider refused the request; not charged. */
  reject(of: SubmitRef, failure: Failure): Promise<Moved> {
    return this.#end(of.id, [of.from], "failed", { ...noTask(of), failure, costMicroUsd: 0 });
  }

  /** submitting → unknown. No certain answer: a task may exist and be charged. */
  markUnknown({ id, token }: Submit, unknownReason: string, note: string): Promise<Moved> {
    const [due, set]: [Due, Step["set"]] = [{ lane: "unknown", inMs: 1_000 }, { unknownReason }];
    return this.#move(id, ["submitting"], "unknown", { token: `${token}+`, expect: { token }, due, set, note });
  }

  /** submitting → unknown. The lease of its worker ended; should the worker live, its answer still counts. */
  expireLease({ id, token }: Submit, counts: { quietFromMs: number; crashes: Streak }): Promise<Moved> {
    const note = "the worker that was sending it did not return";
    const due: Due = { lane: "unknown", inMs: 0 };
    const set = { ...counts, unknownReason: note };
    return this.#move(id, ["submitting"], "unknown", { token: expired(token), expect: { token }, due, set, note });
  }

  /** unknown → queued, same attempt. No task exists, with proof. `stale` if a callback has named a task meanwhile. */
  resubmit({ id, sinceToken, callbackTaskId }: UnknownRef, why: string): Promise<Moved> {
    return this.#move(id, ["unknown"], "queued", {
      expect: { token: sinceToken, callbackTaskId },
      due: { lane: "backlog" },
      clear: submitFields,
      note: `no task exists: ${why}`,
    });
  }

  /** unknown → queued, new attempt; the old one counts as charged. `stale` if a callback has named a task meanwhile. */
  resubmitAsNewAttempt({ id, sinceToken, callbackTaskId }: UnknownRef, { record }: Found, why: string): Promise<Moved> {
    return this.#move(id, ["unknown"], "queued", {
      expect: { token: sinceToken, callbackTaskId },
      due: { lane: "backlog" },
      ...newAttempt(record),
      ...charged(record),
      note: `resubmitted as a new attempt, possible double charge: ${why}`,
    });
  }

  /** unknown → needs_review. An operator must find out whether a task exists; `unknownReason` stays. */
  escalate({ id, sinceToken }: UnknownRef, why: string, longestRunMs: number): Promise<Moved> {
    const due: Due = { lane: "review", inMs: longestRunMs };
    return this.#move(id, ["unknown"], "needs_review", { expect: { token: sinceToken }, due, note: why });
  }

  /** running, expired → finalizing. The caller adds the job of the returned dispatch number. */
  finishTask(of: TaskRef, task: FinishedTask, leaseMs: number): Promise<Moved> {
    return this.#move(of.id, [of.from], "finalizing", {
      expect: { taskId: of.taskId },
      dispatch: true,
      due: { lane: "finalize", inMs: leaseMs },
      set: { ...task, progress: 100 },
      ...(of.from === "expired" && { note: "paid, recovered: the task finished after the generation expired" }),
    });
  }

  /** running → failed. The provider reports the failure or no longer knows the task; `isFree`: it charges none. */
  fail(found: Found, taskId: string, failure: Failure, isFree: boolean): Promise<Moved> {
    return this.#end(found, ["running"], "failed", { expect: { taskId }, failure, ...failureCost(found, isFree) });
  }

  /** running → canceled, expired. The provider reports it. */
  endAsProviderSays(id: string, taskId: string, state: "canceled" | "expired"): Promise<Moved> {
    const end = { expect: { taskId }, freeSlot: true, note: `the provider says ${state}` } as const;
    return this.#end(id, ["running"], state, end);
  }

  /** running → expired, given up after the longest run of any task. Frees the slot; watched as in `expire`. */
  expireOverdue(id: string, taskId: string, note: string): Promise<Moved> {
    return this.#end(id, ["running"], "expired", { expect: { taskId }, freeSlot: true, due: watch, note });
  }

  /** running, failed, expired → queued, new paid attempt. `conflict` after a lost output: its task is charged. */
  async startNextAttempt({ id, record }: Found, from: readonly AttemptEnd[], step: NextAttempt): Promise<Moved> {
    if (record.failure?.class === "output_lost") return { kind: "conflict", state: record.state };
    // no provider documents that an expired task is free
    const cost = record.state === "expired" && charged(record);
    return this.#move(id, from, "queued", { ...step, ...newAttempt(record), ...cost });
  }

  /** failed → finalizing after a lost output: same attempt, no slot, no POST. Job as in `finishTask`. */
  async redownload({ id, record }: Found, leaseMs: number): Promise<Moved> {
    const { failure, taskId, token = "", state } = record;
    if (failure?.class !== "output_lost" || taskId === undefined) return { kind: "conflict", state };
    return this.#move(id, ["failed"], "finalizing", {
      expect: { token, taskId },
      dispatch: true,
      due: { lane: "finalize", inMs: leaseMs },
      note: "outputs are downloaded again on request",
    });
  }

  /** queued → preparing. Its media must be uploaded first; frees the slot. */
  startUpload({ generation, dispatchSeq }: JobRef, why: string): Promise<Moved> {
    const due: Due = { lane: "preparing", inMs: 0 };
    return this.#move(generation, ["queued"], "preparing", { expect: expectGrant(dispatchSeq), due, note: why });
  }

  /** preparing → queued. Its media are at the provider. */
  finishUpload(id: string, why: string): Promise<Moved> {
    return this.#move(id, ["preparing"], "queued", { due: { lane: "backlog" }, note: why });
  }

  /** preparing → failed. Its media cannot be uploaded; not charged. */
  failUpload(id: string, failure: Failure): Promise<Moved> {
    return this.#end(id, ["preparing"], "failed", { failure });
  }

  /** finalizing → succeeded. */
  succeed(found: Found, token: string, result: Success): Promise<Moved> {
    return this.#end(found, ["finalizing"], "succeeded", { token, expect: expectDispatch(found), ...result });
  }

  /** finalizing → failed. Charged, but an output cannot be downloaded; `redownload` tries again. */
  loseOutput(found: Found, token: string, message: string): Promise<Moved> {
    return this.failAfterAll(found, token, { class: "output_lost", message }, false);
  }

  /** finalizing → failed. What looked like a success was none: the provider reports its failure. */
  failAfterAll(found: Found, token: string, failure: Failure, isFree: boolean): Promise<Moved> {
    const end = { token, expect: expectDispatch(found), failure, ...failureCost(found, isFree) };
    return this.#end(found, ["finalizing"], "failed", end);
  }

  /** needs_review, unknown → running. An operator found the task. */
  bindByOperator(found: Found, taskId: string): Promise<Moved> {
    const [expect, note] = [expectUnchanged(found), `an operator found its task ${taskId}`];
    const due: Due = { lane: "poll", inMs: 0 };
    return this.#move(found.id, ["needs_review", "unknown"], "running", { bindTask: taskId, expect, due, note });
  }

  /** needs_review → queued. An operator found no task. `stale` if a task is bound or named by a callback. */
  resubmitByOperator(found: Found): Promise<Moved> {
    return this.#move(found.id, ["needs_review"], "queued", {
      expect: { ...expectUnchanged(found), taskId: "", callbackTaskId: "" },
      due: { lane: "backlog" },
      clear: [...submitFields, "crashes"],
      note: "an operator found that it was never sent",
    });
  }

  /** needs_review → failed. The outcome stays unknown; it may have been charged. */
  giveUp(found: Found): Promise<Moved> {
    const message = "given up by an operator; it may have been charged";
    const failure: Failure = { class: "billing_uncertain", message };
    return this.#end(found, ["needs_review"], "failed", { expect: expectUnchanged(found), failure });
  }

  /** queued, preparing, running → canceled. From running only after the provider canceled the task. */
  cancel(id: string, from: readonly ("queued" | "preparing" | "running")[], note: string): Promise<Moved> {
    return this.#end(id, from, "canceled", { note });
  }

  /** queued, preparing, running → expired. A running task stays watched: its late success is charged. */
  expire(id: string, from: "queued" | "preparing" | "running"): Promise<Moved> {
    return this.#end(id, [from], "expired", { note: "its deadline passed", ...(from === "running" && { due: watch }) });
  }

  /** Ends a generation, with its webhook event. */
  async #end<From extends State>(
    of: string | Found,
    from: readonly From[],
    to: Next<From> & Ending["state"],
    { failure, outputs, warnings, costMicroUsd, ...step }: End,
  ): Promise<Moved> {
    const [id, found] = typeof of === "string" ? [of, await read(this.#context.cell, of)] : [of.id, of];
    const ending = { state: to, failure, outputs, warnings, costMicroUsd };
    const moved = await this.#move(id, from, to, { ...step, ...endingFields(found, ending, this.#context.publicUrl) });
    if (moved.kind === "moved" && found) this.#context.onEnd(found.record.account, to);
    return moved;
  }

  #move<From extends State>(id: string, from: readonly From[], to: Next<From>, step: Step): Promise<Moved> {
    const clear = [...clearedOnEntry[to as State], ...(step.clear ?? [])];
    const move = { token: operationToken(), ...step, id, from, to: to as State, clear } as Move;
    return this.#context.send(this.#context.cell, move);
  }
}
