import { createHash } from "node:crypto";
import { type Egress, EgressError, type EgressStream, retryAfterMs } from "@reelqueue/egress";
import type { DownloadSource, NotKept } from "../outputs/output-store.ts";
import type { Sink } from "../outputs/part-file.ts";
import { StorageError } from "../outputs/storage-error.ts";
import type { ContentCheck } from "./content-check.ts";
import { drop, follow } from "./follow.ts";

export interface Order {
  source: DownloadSource;
  egress: Egress;
  sink: Sink;
  /** A new check for each start from the first byte; none for bytes that nobody reads. */
  createCheck: () => ContentCheck;
  maxBytes: number;
  /** Called once the length is known, before anything is written; may refuse with a StorageError. */
  reserve(bytes: number): Promise<void>;
  signal: AbortSignal;
}

export type Downloaded =
  | { kind: "complete"; bytes: number; sha256: string; extension: string; contentType: string }
  | NotKept;

/** A transfer that broke although it had begun: it can go on where it stopped. */
type Broken = { kind: "broken"; why: string };

/**
 * Streams one file into the sink, going on by Range where a transfer broke and a strong ETag proves that it is still
 * the same file, else from the start. Throws only what the sink throws.
 */
export async function download(order: Order): Promise<Downloaded> {
  const { tries = 3, totalMs = 900_000 } = order.source;
  const deadline = AbortSignal.timeout(totalMs);
  const signal = AbortSignal.any([order.signal, deadline]);
  const transfer = new Transfer(order.createCheck);
  for (let tried = 1; ; tried++) {
    const bytesBefore = transfer.bytes;
    const outcome = await once({ ...order, signal }, transfer).catch((error: unknown) => failure(error));
    if (order.signal.aborted) return { kind: "aborted" };
    if (deadline.aborted) return { kind: "unreachable", why: `not complete within ${totalMs} ms` };
    if (outcome.kind !== "broken") return outcome;
    if (tried >= tries || transfer.bytes === bytesBefore) return { kind: "unreachable", why: outcome.why };
  }
}

/** What is known of the file so far, over all tries. */
class Transfer {
  readonly #createCheck: () => ContentCheck;
  check: ContentCheck;
  hash = createHash("sha256");
  bytes = 0;
  totalBytes: number | undefined;
  etag: string | undefined;

  constructor(createCheck: () => ContentCheck) {
    this.#createCheck = createCheck;
    this.check = createCheck();
  }

  reset(): void {
    this.check = this.#createCheck();
    this.hash = createHash("sha256");
    this.bytes = 0;
    this.totalBytes = undefined;
    this.etag = undefined;
  }
}

async function once(order: Order, transfer: Transfer): Promise<Downloaded | Broken> {
  const { source, egress, signal } = order;
  const resume = transfer.bytes > 0 && transfer.etag !== undefined;
  const range = resume ? { range: `bytes=${transfer.bytes}-`, "if-range": transfer.etag ?? "" } : {};
  const headers = { "accept-encoding": "identity", ...range };
  const answer = await follow(egress, { url: source.url, headers, signal });
  if (resume && continues(answer, transfer)) return await pour(order, answer, transfer);

  const refusal = refusalOf(answer, order.maxBytes);
  try {
    if (!refusal || refusal.kind === "broken") await startOver(order, answer, transfer);
    return refusal ?? (await pour(order, answer, transfer));
  } finally {
    drop(answer);
  }
}

/** Whether this is the rest of the very file that was begun. */
function continues({ status, headers }: EgressStream, transfer: Transfer): boolean {
  const range = headers["content-range"]?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/);
  return (
    status === 206 &&
    Number(range?.[1]) === transfer.bytes &&
    (headers.etag === undefined || headers.etag === transfer.etag) &&
    (transfer.totalBytes === undefined || range?.[2] === "*" || Number(range?.[2]) === transfer.totalBytes)
  );
}

/** Everything but a whole file of a bearable size. */
function refusalOf({ status, headers }: EgressStream, maxBytes: number): NotKept | Broken | undefined {
  if (status === 200) {
    return Number(headers["content-length"] ?? 0) > maxBytes ? { kind: "too_large", limitBytes: maxBytes } : undefined;
  }
  if (status === 206 || status === 416)
    return { kind: "broken", why: `answered ${status} with another part than asked for` };
  if (status >= 400 && status < 500 && !passing.has(status)) return { kind: "expired", status };
  const waitMs = retryAfterMs(headers, Date.now());
  return { kind: "unreachable", why: `answered ${status}`, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
}

/** Request Timeout, Too Early, Too Many Requests: not the URL's fault. */
const passing = new Set([408, 425, 429]);

async function startOver(
  { sink, reserve }: Order,
  { status, headers }: EgressStream,
  transfer: Transfer,
): Promise<void> {
  if (transfer.bytes > 0) await sink.restart();
  transfer.reset();
  if (status !== 200) return;
  // a weak ETag does not promise the same bytes
  if (headers.etag && !headers.etag.startsWith("W/")) transfer.etag = headers.etag;
  if (headers["content-length"] !== undefined) transfer.totalBytes = Number(headers["content-length"]);
  await reserve(transfer.totalBytes ?? 0);
}

async function pour(
  { sink, maxBytes }: Order,
  { headers, body }: EgressStream,
  transfer: Transfer,
): Promise<Downloaded | Broken> {
  for await (const chunk of body) {
    transfer.bytes += chunk.length;
    if (transfer.bytes > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
    const problem = transfer.check.push(chunk);
    if (problem) return { kind: "invalid", why: problem };
    transfer.hash.update(chunk);
    await sink.write(chunk);
  }
  const { bytes, totalBytes } = transfer;
  if (totalBytes !== undefined && bytes < totalBytes)
    return { kind: "broken", why: `ended after ${bytes} of ${totalBytes} bytes` };
  const chunked = headers["transfer-encoding"]?.toLowerCase().includes("chunked") ?? false;
  const verdict = await transfer.check.end(totalBytes !== undefined || chunked);
  if (verdict.kind !== "sound") return verdict;
  const { extension, contentType } = verdict;
  return { kind: "complete", bytes, sha256: transfer.hash.digest("hex"), extension, contentType };
}

function failure(error: unknown): NotKept | Broken {
  if (error instanceof StorageError) throw error;
  const why = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof EgressError && error.kind === "blocked" ? "blocked" : "broken", why };
}
