import { type GenerationRequest, limits, type Problem } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Quote } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import { runTimeClassOf } from "../accounts.ts";
import { admit } from "../admit/admit.ts";
import type { Context } from "../context.ts";
import { inspectMedia } from "./inspect-media.ts";
import { type Read, type ReadOptions, readRequest, refusal, requestsOf } from "./read-request.ts";
import { requestHash } from "./request-hash.ts";
import { type Loads, noLoads, type Placement, place, readLoads, type SelectionBasis } from "./select-account.ts";

export type AcceptContext = Pick<
  Context,
  "cell" | "queues" | "accounts" | "http" | "media" | "prober" | "log" | "crashPoint" | "timing" | "acceptRefusal"
>;

export interface AcceptOptions extends ReadOptions {
  /** All are written, or none. */
  atomic?: boolean;
}

/** The result of one request. */
export type AcceptedRow =
  | { kind: "accepted" | "existing"; id: string; account: string; quote: Quote; warnings: Problem[] }
  /**
   * Valid and priced, not stored: a dry run, or another row of an atomic call was refused. `existing`: a dry run found
   * the generation that the idempotency key made before.
   */
  | { kind: "valid"; requestHash: string; existing?: string; account: string; quote: Quote; warnings: Problem[] }
  | { kind: "refused"; problems: Problem[] }
  /** The idempotency key was used for `id`, with another body. */
  | { kind: "mismatch"; id: string };

/** Checks, prices and stores requests, and returns one row for each in their order. What is accepted is durable. */
export async function accept(
  inputs: readonly unknown[],
  options: AcceptOptions,
  ctx: AcceptContext,
): Promise<AcceptedRow[]> {
  const reads: Read[] = [];
  for (const input of inputs) reads.push(await readRequest(input, options, ctx));
  const inspected = await inspectMedia(requestsOf(reads), ctx.accounts, ctx);
  const basis = { accounts: ctx.accounts, loads: await loadsFor(inputs, ctx), inspected };
  const rows = reads.map((read) => checkRow(read, basis, { tenant: options.tenant, cell: ctx.cell.name }));
  const refusals = rows.some((row) => row.kind === "refused");
  if (options.dryRun) return tried(rows, await storedHashes(reads, rows, ctx));
  if (options.atomic && refusals) return rows.map(asValid);

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

interface Owner {
  tenant: string;
  cell: string;
}

function checkRow(read: Read, basis: SelectionBasis, owner: Owner): Checked {
  if (read.kind === "refused") return read;
  const placed = place(read.request, basis);
  if (placed.kind === "refused") return placed;
  const generation = toRecord(read.request, placed.placement, owner);
  const bytes = Buffer.byteLength(generation.request);
  if (bytes <= limits.requestBytes) return { kind: "ready", generation, placement: placed.placement };
  return { kind: "refused", problems: [refusal("", `${bytes} bytes`, `at most ${limits.requestBytes} bytes as JSON`)] };
}

/** Reads the loads once for a whole call, and only where an account has to be selected. */
function loadsFor(inputs: readonly unknown[], { cell, accounts }: AcceptContext): Promise<Loads> | Loads {
  const mustSelect =
    accounts.size > 1 && inputs.some((input) => typeof input === "object" && input !== null && !("account" in input));
  return mustSelect ? readLoads(cell, accounts) : noLoads;
}

function toRecord(
  request: GenerationRequest,
  { account, quote }: Placement,
  { tenant, cell }: Owner,
): ledger.NewGeneration {
  return {
    id: ledger.generationId(cell, tenant, request.idempotencyKey),
    requestHash: requestHash(request),
    account: account.name,
    tenant,
    priority: request.priority,
    request: ledger.serializeRequest(request),
    runTimeClass: runTimeClassOf(account, request),
    ...(request.account === undefined && { accountChosen: "auto" as const }),
    ...(request.batch !== undefined && { batch: request.batch }),
    ...(request.expiresIn !== undefined && { expiresInMs: request.expiresIn * 1_000 }),
    ...(quote.usd !== null && { estimateMicroUsd: quote.usd * 1_000_000 }),
  };
}

/** Admits at once, without a timer. A failure is only logged: the admission loop of a submitter follows. */
async function admitAll(accounts: ReadonlySet<Account>, ctx: AcceptContext): Promise<void> {
  for (const account of accounts) {
    await admit(account, ctx).catch((error) =>
      ctx.log.warn(
        { event: "accept.admission_deferred", err: error, account: account.name },
        "admission left to a submitter",
      ),
    );
  }
}

/** The request hash of each generation that the idempotency key of a row has made, by its id. */
async function storedHashes(
  reads: readonly Read[],
  rows: readonly Checked[],
  { cell }: AcceptContext,
): Promise<ReadonlyMap<string, string>> {
  const ids = rows.flatMap((row, i) => {
    const read = reads[i];
    const isKeyed = read?.kind === "read" && read.request.idempotencyKey !== undefined;
    return row.kind === "ready" && isKeyed ? [row.generation.id] : [];
  });
  const found = await ledger.readMany(cell, ids);
  return new Map(found.flatMap((each) => (each ? [[each.id, each.record.requestHash]] : [])));
}

/** What accepting the rows would find. */
function tried(rows: readonly Checked[], hashes: ReadonlyMap<string, string>): AcceptedRow[] {
  return rows.map((row) => {
    if (row.kind === "refused") return row;
    const { id, requestHash } = row.generation;
    const stored = hashes.get(id);
    if (stored === undefined) return asValid(row);
    return stored === requestHash ? { ...asValid(row), existing: id } : { kind: "mismatch", id };
  });
}

function asValid(row: Checked): AcceptedRow {
  if (row.kind === "refused") return row;
  return { kind: "valid", requestHash: row.generation.requestHash, ...shown(row.placement) };
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
