import type { Failure, HandOver, Output } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { RemoteOutput } from "@reelqueue/providers";
import type { Verdict } from "@reelqueue/queue";
import { fullJitterMs } from "../backoff.ts";
import type { FinalizeDeps } from "../deps.ts";
import { eventOf } from "../event.ts";
import { holdLease } from "../hold-lease.ts";
import { insist } from "../insist.ts";
import { fence } from "../rule.ts";
import { operationToken } from "../token.ts";
import { keepOutputs } from "./keep.ts";
import { passportOf } from "./passport.ts";

/** Tries to keep the outputs before they are given up as lost. */
const triesAllowed = 8;

/** Keeps the outputs of one finished task, then lets the generation rest and its webhook go out, in one step and once. */
export async function finalize(handOver: HandOver, signal: AbortSignal, deps: FinalizeDeps): Promise<Verdict> {
  const found = await ledger.read(deps.cell, handOver.generation);
  if (found?.record.state !== "finalizing" || found.record.n !== String(handOver.n)) {
    return { kind: "done", note: `nothing to do: it is ${found?.record.state ?? "gone"} under another hand-over` };
  }
  using _ = holdLease(handOver, { lane: "finalize", leaseMs: deps.timing.finalizeLeaseMs }, deps);
  const remote = JSON.parse(found.record.remote ?? "[]") as RemoteOutput[];
  const result = await keepOutputs(found, remote, signal, deps);
  await deps.reached?.("finalize:after-download", found.id);
  switch (result.kind) {
    case "kept":
      return (await writePassport(found, result.outputs, deps)) === "full"
        ? await tryLater(found, noRoom(deps), handOver, deps)
        : await succeed(found, result.outputs, deps);
    case "lost":
      return await lose(found, result.why, deps);
    case "later":
      return await tryLater(found, result, handOver, deps);
  }
}

function writePassport(found: ledger.Found, outputs: Output[], deps: FinalizeDeps): Promise<"written" | "full"> {
  return deps.outputs.passport({ generation: found.id, createdAt: bornAt(found) }, passportOf(found, outputs));
}

function noRoom({ timing }: FinalizeDeps): { why: string; spent: boolean; afterMs: number } {
  return { why: "the disk is too full for its passport", spent: false, afterMs: timing.roomMs };
}

async function succeed(found: ledger.Found, outputs: Output[], deps: FinalizeDeps): Promise<Verdict> {
  const cost = settledCost(found, deps);
  const event = eventOf(found, { state: "succeeded", outputs, ...cost }, deps.publicUrl);
  await deps.reached?.("finalize:before-move", found.id);
  const moved = await insist(deps, () =>
    ledger.move(deps.cell, {
      id: found.id,
      from: ["finalizing"],
      to: "succeeded",
      token: operationToken(),
      ...fence(deps, { n: found.record.n }),
      set: { outputs: ledger.outputsText(found.id, outputs) },
      rest: found.request,
      unset: ["remote", "urgency", "keeps", "polls", "seen", "progress", "usage", "seq"],
      ...cost,
      ...(event !== undefined && { event }),
    }),
  );
  await deps.reached?.("finalize:after-move", found.id);
  if (moved.kind === "moved") {
    deps.meters.ends.inc({ account: found.record.account, state: "succeeded" });
    deps.meters.outputBytes.inc(outputs.reduce((sum, { bytes }) => sum + bytes, 0));
    deps.log.info({ generation: found.id, taskId: found.record.task, account: found.record.account }, "succeeded");
  }
  return { kind: "done", note: outputs.map(({ key }) => key).join(" ") };
}

/** What the provider says it used, at the account's prices; where it says nothing, what was reserved is what it cost. */
function settledCost({ record, request }: ledger.Found, { accounts }: FinalizeDeps): { costMicroUsd?: number } {
  const account = accounts.get(record.account);
  if (!account?.provider.cost || record.usage === undefined) return {};
  const { usd } = account.provider.cost(request, JSON.parse(record.usage) as Record<string, number>, account.reading);
  return usd === null ? {} : { costMicroUsd: usd * 1_000_000 };
}

async function tryLater(
  found: ledger.Found,
  { why, spent, afterMs }: { why: string; spent: boolean; afterMs?: number },
  handOver: HandOver,
  deps: FinalizeDeps,
): Promise<Verdict> {
  const keeps = Number(found.record.keeps ?? 0) + (spent ? 1 : 0);
  if (keeps >= triesAllowed) return lose(found, `${why}, ${keeps} times`, deps);
  const waitMs = afterMs ?? 1_000 + fullJitterMs(keeps, deps.random, { baseMs: 1_000, capMs: 120_000 });
  await ledger.note(deps.cell, found.id, { keeps: String(keeps) });
  await ledger.extend(deps.cell, "finalize", handOver, waitMs + deps.timing.finalizeLeaseMs);
  deps.log.warn(
    { generation: found.id, taskId: found.record.task, account: found.record.account, why },
    "the outputs could not be kept yet",
  );
  return { kind: "again", afterMs: waitMs };
}

async function lose(found: ledger.Found, why: string, deps: FinalizeDeps): Promise<Verdict> {
  const failure: Failure = { class: "output_lost", message: `paid for, but the file could not be had: ${why}` };
  const cost = found.record.held === undefined ? {} : { costMicroUsd: Number(found.record.held) };
  const event = eventOf(found, { state: "failed", failure, ...cost }, deps.publicUrl);
  await insist(deps, () =>
    ledger.move(deps.cell, {
      id: found.id,
      from: ["finalizing"],
      to: "failed",
      token: operationToken(),
      ...fence(deps, { n: found.record.n }),
      set: { failure: JSON.stringify(failure) },
      note: failure.message,
      ...cost,
      ...(event !== undefined && { event }),
    }),
  );
  deps.meters.alarms.inc({ kind: "output-lost" });
  deps.log.error({ generation: found.id, taskId: found.record.task, account: found.record.account }, failure.message);
  return { kind: "stop", reason: failure.message };
}

function bornAt({ record }: ledger.Found): string {
  return new Date(Number(record.born)).toISOString();
}
