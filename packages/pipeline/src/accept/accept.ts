import { type GenerationRequest, limits, type Problem } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Quote } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { runTimeClassOf } from "../accounts.ts";
import { admit } from "../admit/admit.ts";
import type { Context } from "../context.ts";
import { type Looked, lookAtMedia } from "./inspect-media.ts";
import { type Read, type ReadOptions, readRequest, refusal, requestsOf } from "./read-request.ts";
import { requestHash } from "./request-hash.ts";
import { type Loads, noLoads, type Placement, place, readLoads } from "./select-account.ts";

export type AcceptDeps = Pick<
  Context,
  "cell" | "queues" | "accounts" | "media" | "prober" | "log" | "crashPoint" | "timing" | "acceptRefusal"
>;

export interface AcceptOptions extends ReadOptions {
  /** All are written, or none. */
  atomic?: boolean;
}

/** What became of one request. */
export type AcceptedRow =
  | { kind: "accepted" | "existing"; id: string; account: string; quote: Quote; warnings: Problem[] }
  /** Checked and priced, not written: a dry run, or another row of an atomic call could not be accepted. */
  | { kind: "valid"; account: string; quote: Quote; warnings: Problem[] }
  | { kind: "refused"; problems: Problem[] }
  /** The idempotency key was used for `id`, with another body. */
  | { kind: "mismatch"; id: string };

/** Checks, prices and stores requests; durable when it returns. The order of the answers is the order of the requests. */
export async function accept(
  inputs: readonly unknown[],
  options: AcceptOptions,
  ctx: AcceptDeps,
): Promise<AcceptedRow[]> {
  const reads: Read[] = [];
  for (const input of inputs) reads.push(await readRequest(input, options, ctx.media));
  const looked = await lookAtMedia(requestsOf(reads), ctx.accounts, ctx);
  const loads = await loadsFor(inputs, ctx);
  const rows = reads.map((read) => checked(read, loads, looked, options, ctx));
  const refusals = rows.some((row) => row.kind === "refused");
  if (options.dryRun || (options.atomic && refusals)) return rows.map(asValid);

  const full = ctx.acceptRefusal();
  if (full !== undefined) throw new ledger.LedgerError("write_rejected", full);
  const valid = rows.filter((row) => row.kind === "ready");
  await ctx.crashPoint?.("accept:before-write", valid[0]?.generation.id ?? "");
  const answers = await ledger.accept(
    ctx.cell,
    valid.map(({ generation }) => generation),
    { atomic: options.atomic ?? false },
  );
  await ctx.crashPoint?.("accept:after-write", valid[0]?.generation.id ?? "");
  await admitAll(new Set(valid.map(({ placement }) => placement.account)), ctx);
  const answerOf = new Map(valid.map((row, i) => [row as Checked, answers[i]]));
  return rows.map((row) => outcome(row, answerOf.get(row)));
}

type Checked =
  | { kind: "ready"; generation: ledger.NewGeneration; placement: Placement }
  | { kind: "refused"; problems: Problem[] };

function checked(read: Read, loads: Loads, looked: Looked, options: AcceptOptions, ctx: AcceptDeps): Checked {
  if (read.kind === "refused") return read;
  const placed = place(read.request, ctx.accounts, loads, looked);
  if (placed.kind === "refused") return placed;
  const generation = toRecord(read.request, placed.placement, options.tenant, ctx.cell.name);
  const bytes = Buffer.byteLength(generation.request);
  if (bytes <= limits.requestBytes) return { kind: "ready", generation, placement: placed.placement };
  return { kind: "refused", problems: [refusal("", `${bytes} bytes`, `at most ${limits.requestBytes} bytes as JSON`)] };
}

/** One look at the ledger for a whole call, and none where no account has to be chosen. */
function loadsFor(inputs: readonly unknown[], { cell, accounts }: AcceptDeps): Promise<Loads> | Loads {
  const choice =
    accounts.size > 1 && inputs.some((input) => typeof input === "object" && input !== null && !("account" in input));
  return choice ? readLoads(cell, accounts) : noLoads;
}

function toRecord(
  request: GenerationRequest,
  { account, quote }: Placement,
  tenant: string,
  cell: string,
): ledger.NewGeneration {
  return {
    id: ledger.generationId(cell, tenant, request.idempotencyKey),
    hash: requestHash(request),
    account: account.name,
    tenant,
    priority: request.priority,
    request: ledger.freeze(request),
    class: runTimeClassOf(account, request),
    ...(request.account === undefined && { route: "auto" as const }),
    ...(request.batch !== undefined && { batch: request.batch }),
    ...(request.expiresIn !== undefined && { expiresInMs: request.expiresIn * 1_000 }),
    ...(quote.usd !== null && { estimate: quote.usd * 1_000_000 }),
  };
}

/** A first push, so that nothing waits for a timer; whatever goes wrong here, the timers of the submitters make good. */
async function admitAll(accounts: ReadonlySet<Account>, ctx: AcceptDeps): Promise<void> {
  for (const account of accounts) {
    await admit(account, ctx).catch((error) =>
      ctx.log.warn(
        { event: "accept.admission_deferred", err: error, account: account.name },
        "admission left to a submitter",
      ),
    );
  }
}

function asValid(row: Checked): AcceptedRow {
  return row.kind === "refused" ? row : { kind: "valid", ...shown(row.placement) };
}

function outcome(row: Checked, answer: ledger.Accepted | undefined): AcceptedRow {
  if (row.kind === "refused") return row;
  switch (answer) {
    case "accepted":
    case "existing":
      return { kind: answer, id: row.generation.id, ...shown(row.placement) };
    case "mismatch":
      return { kind: "mismatch", id: row.generation.id };
    case "skipped":
    case undefined:
      return asValid(row);
  }
}

function shown({ account, quote, warnings }: Placement) {
  return { account: account.name, quote, warnings };
}
