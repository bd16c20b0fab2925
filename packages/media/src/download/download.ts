import { createHash } from "node:crypto";
import { type Egress, EgressError, type EgressStream, retryAfterMs } from "@reelqueue/egress";
import type { DownloadSource, NotStored } from "../outputs/output-store.ts";
import type { Sink } from "../outputs/part-file.ts";
import { StorageError } from "../outputs/storage-error.ts";
import type { CheckResult, ContentCheck } from "./content-check.ts";
import { discardBody, getWithKey } from "./redirects.ts";

export interface DownloadRequest {
  source: DownloadSource;
  egress: Egress;
  sink: Sink;
  /** Creates the content check; called again whenever the transfer restarts from the first byte. */
  createCheck: () => ContentCheck;
  maxBytes: number;
  /**
   * Called when the length is known (0: unknown), before the first write; throws a StorageError if there is no space.
   */
  reserve(bytes: number): Promise<void>;
  signal: AbortSignal;
}

export type Downloaded =
  | { kind: "complete"; bytes: number; sha256: string; extension: string; contentType: string; warning?: string }
  | NotStored;

/** A transfer that broke; the next try may resume it. */
type Broken = { kind: "broken"; reason: string };

/** Outcomes after which a URL is tried as its provider may have meant it. */
const fails = new Set<Downloaded["kind"]>(["expired", "truncated", "invalid", "unreachable"]);

/**
 * Streams one file into the sink. A URL that fails as it is and holds `&amp;`, as from a web page, is tried with `&`.
 * Throws only the errors of the sink.
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  const { source, sink } = request;
  const downloaded = await downloadFrom(request);
  const url = source.url.replaceAll("&amp;", "&");
  if (url === source.url || !fails.has(downloaded.kind)) return downloaded;
  await sink.restart();
  return await downloadFrom({ ...request, source: { ...source, url } });
}

/**
 * A broken transfer is resumed by a Range request if a strong ETag proves that the file is the same; otherwise it
 * restarts from the first byte.
 */
async function downloadFrom(request: DownloadRequest): Promise<Downloaded> {
  const { tries = 3, totalMs = 900_000 } = request.source;
  const deadline = AbortSignal.timeout(totalMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  const transfer = new Transfer(request.createCheck);
  for (let tried = 1; ; tried++) {
    const bytesBefore = transfer.bytes;
    const outcome = await tryTransfer({ ...request, signal }, transfer).catch((error: unknown) => failureOf(error));
    if (request.signal.aborted) return { kind: "aborted" };
    if (deadline.aborted) return { kind: "unreachable", reason: `not complete within ${totalMs} ms` };
    if (outcome.kind !== "broken") return outcome;
    const endsThere = transfer.bytes === bytesBefore;
    if (endsThere && bytesBefore > 0) return (await wholeDespite(outcome, transfer)) ?? unreachable(outcome);
    if (tried >= tries || endsThere) return unreachable(outcome);
  }
}

function unreachable({ reason }: Broken): NotStored {
  return { kind: "unreachable", reason };
}

/** A file that ends at the same byte in two transfers and is whole by its content: the claimed length is wrong. */
async function wholeDespite({ reason }: Broken, transfer: Transfer): Promise<Downloaded | undefined> {
  const result = await transfer.check.end(false);
  if (result.kind !== "sound") return undefined;
  return complete(transfer, { ...result, warning: `the server claimed another length (${reason})` });
}

function complete(
  { bytes, hash }: Transfer,
  { extension, contentType, warning }: Extract<CheckResult, { kind: "sound" }>,
): Downloaded {
  const file = { bytes, sha256: hash.digest("hex"), extension, contentType };
  return { kind: "complete", ...file, ...(warning !== undefined && { warning }) };
}

/** The progress of one file over all tries. */
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

async function tryTransfer(request: DownloadRequest, transfer: Transfer): Promise<Downloaded | Broken> {
  const { source, egress, signal } = request;
  const resume = transfer.bytes > 0 && transfer.etag !== undefined;
  const range = resume ? { range: `bytes=${transfer.bytes}-`, "if-range": transfer.etag ?? "" } : {};
  const headers = { "accept-encoding": "identity", ...range };
  const answer = await getWithKey(egress, { url: source.url, headers, signal }, source.own);
  if (resume && continues(answer, transfer)) return await writeBody(request, answer, transfer);

  const refusal = refusalOf(answer);
  try {
    if (!refusal || refusal.kind === "broken") await restart(request, answer, transfer);
    return refusal ?? (await writeBody(request, answer, transfer));
  } finally {
    discardBody(answer);
  }
}

/** Whether the answer holds the missing bytes of the same file. */
function continues({ status, headers }: EgressStream, transfer: Transfer): boolean {
  const range = headers["content-range"]?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/);
  return (
    status === 206 &&
    Number(range?.[1]) === transfer.bytes &&
    (headers.etag === undefined || headers.etag === transfer.etag) &&
    (transfer.totalBytes === undefined || range?.[2] === "*" || Number(range?.[2]) === transfer.totalBytes)
  );
}

/** The reason not to read the body; undefined for a whole file. */
function refusalOf({ status, headers }: EgressStream): NotStored | Broken | undefined {
  if (status === 200) return undefined;
  if (status === 206 || status === 416)
    return { kind: "broken", reason: `answered ${status} with another range than requested` };
  if (status >= 400 && status < 500 && !transientStatuses.has(status)) return { kind: "expired", status };
  const waitMs = retryAfterMs(headers, Date.now());
  return {
    kind: "unreachable",
    reason: `answered ${status}`,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

/** Request Timeout, Too Early, Too Many Requests: the URL is still valid. */
const transientStatuses = new Set([408, 425, 429]);

async function restart(
  { sink, reserve, maxBytes }: DownloadRequest,
  { status, headers }: EgressStream,
  transfer: Transfer,
): Promise<void> {
  if (transfer.bytes > 0) await sink.restart();
  transfer.reset();
  if (status !== 200) return;
  // A weak ETag does not promise the same bytes.
  if (headers.etag && !headers.etag.startsWith("W/")) transfer.etag = headers.etag;
  if (headers["content-length"] !== undefined) transfer.totalBytes = Number(headers["content-length"]);
  // a claimed length may be wrong; the bytes that arrive are counted
  const claimed = transfer.totalBytes ?? 0;
  await reserve(claimed > maxBytes ? 0 : claimed);
}

async function writeBody(
  { sink, maxBytes }: DownloadRequest,
  { headers, body }: EgressStream,
  transfer: Transfer,
): Promise<Downloaded | Broken> {
  for await (const chunk of body) {
    transfer.bytes += chunk.length;
    if (transfer.bytes > maxBytes) return { kind: "too_large", limitBytes: maxBytes };
    const problem = transfer.check.push(chunk);
    if (problem) return { kind: "invalid", reason: problem };
    transfer.hash.update(chunk);
    await sink.write(chunk);
  }
  const { bytes, totalBytes } = transfer;
  if (totalBytes !== undefined && bytes < totalBytes)
    return { kind: "broken", reason: `ended after ${bytes} of ${totalBytes} bytes` };
  const chunked = headers["transfer-encoding"]?.toLowerCase().includes("chunked") ?? false;
  const result = await transfer.check.end(totalBytes !== undefined || chunked);
  if (result.kind !== "sound") return result;
  return complete(transfer, result);
}

function failureOf(error: unknown): NotStored | Broken {
  if (error instanceof StorageError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof EgressError && error.kind === "blocked" ? "blocked" : "broken", reason };
}
