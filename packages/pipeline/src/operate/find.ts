import type { Generation } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account, Accounts } from "../accounts.ts";

type FindContext = { cell: ledger.Cell; accounts: Accounts };

/** A generation, with the reason why it waits; `undefined`: there is none. */
export async function find(id: string, ctx: FindContext): Promise<Generation | undefined> {
  const [generation] = await findMany([id], ctx);
  return generation;
}

/** Several generations, in the order of `ids`; missing ones are left out. */
export async function findMany(ids: readonly string[], ctx: FindContext): Promise<Generation[]> {
  const found = (await ledger.readMany(ctx.cell, ids)).filter((item) => item !== undefined);
  const statuses = new Map<string, ledger.AccountStatus>();
  for (const name of new Set(
    found.filter(({ record }) => record.state === "queued").map(({ record }) => record.account),
  )) {
    statuses.set(name, await ledger.accountStatus(ctx.cell, name));
  }
  return Promise.all(
    found.map(async ({ id, record, request }) =>
      ledger.toGeneration(id, record, request, await waiting(id, record, statuses.get(record.account), ctx)),
    ),
  );
}

/** Fewer unusable answers in a row than this are no reason to wait. */
const fewErrors = 3;

async function waiting(
  id: string,
  record: ledger.GenerationRecord,
  status: ledger.AccountStatus | undefined,
  ctx: FindContext,
): Promise<string | undefined> {
  if (record.state === "unknown") return "the answer to its POST was lost; reconciliation is running";
  if (record.state === "needs_review") return "an operator has to decide whether it was sent: ./reelqueue review";
  const { oddStatus, stateChangedAtMs, consecutiveErrors = 0, pollFailure = "" } = record;
  if (record.state === "running" && consecutiveErrors >= fewErrors)
    return `no usable answer of the provider, ${consecutiveErrors} times in a row; the last one: ${pollFailure}`;
  if (record.state === "running" && oddStatus !== undefined && oddStatus.atMs >= stateChangedAtMs)
    return `the provider says ${JSON.stringify(oddStatus.status)}, a status that no document names`;
  if (record.state === "finalizing" && record.downloadFailure !== undefined)
    return `its video is paid, and downloaded again: ${record.downloadFailure}`;
  if (record.state !== "queued" || status === undefined) return undefined;
  return waitReason(status, await ledger.queuePosition(ctx.cell, id, record), ctx.accounts.get(record.account));
}

/** Why a queued generation waits, in one phrase. */
export function waitReason(
  status: ledger.AccountStatus,
  { lane, dueInMs, ahead = 0 }: ledger.QueuePosition,
  account: Account | undefined,
): string {
  if (lane === "granted") return "starting";
  if (lane === "backoff") return `tried again in ${Math.ceil((dueInMs ?? 0) / 1_000)} s`;
  if (status.paused !== undefined) return `account paused: ${status.paused}`;
  const throttledMs = (status.untilMs ?? 0) - Date.now();
  const throttledS = Math.ceil(throttledMs / 1_000);
  if (throttledMs > 0 && status.untilReason !== undefined) return `${status.untilReason}; next try in ${throttledS} s`;
  if (throttledMs > 0) return `the provider asked to wait ${throttledS} s`;
  if (ahead > 0 && status.stopped === "empty") return `behind ${ahead}`;
  const behind = ahead > 0 ? `, behind ${ahead}` : "";
  switch (status.stopped) {
    case "rate":
      return `rate ${account?.requestsPerMinute ?? "?"}/min${behind}`;
    case "budget":
      return `budget of the day is spent${behind}`;
    case "window":
    case "empty":
    case undefined:
      return `next in line${behind}`;
    default:
      return status.stopped.startsWith("slots:")
        ? `${status.inFlight} of ${status.stopped.slice(6)} in flight${behind}`
        : `${status.stopped}${behind}`;
  }
}
