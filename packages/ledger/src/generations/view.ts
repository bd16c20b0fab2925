import {
  type Generation,
  type GenerationRequest,
  isResting,
  type Output,
  type OutputKind,
  type State,
  type TimelineEntry,
} from "@reelqueue/contracts";
import type { GenerationRecord } from "../redis/codec.ts";
import { stateMarks } from "./move-text.ts";

const stateOfMark = new Map(Object.entries(stateMarks).map(([state, mark]) => [mark, state as State]));

/** Public view of a record. `waiting`: why it waits. */
export function toGeneration(
  id: string,
  record: GenerationRecord,
  request: GenerationRequest,
  waiting?: string,
): Generation {
  const { state, taskId, progress, failure, cancelRequested, deadlineAtMs } = record;
  return {
    id,
    state,
    account: record.account,
    provider: record.runTimeClass.split("/", 1)[0] ?? "",
    tenant: record.tenant,
    request,
    requestHash: record.requestHash,
    attempt: record.attempt,
    ...(taskId !== undefined && { taskId }),
    ...(progress !== undefined && { progress }),
    ...(waiting !== undefined && { waiting }),
    ...(failure !== undefined && { failure }),
    ...(cancelRequested && { cancelRequested }),
    createdAt: instant(record.createdAtMs),
    updatedAt: instant(record.stateChangedAtMs),
    ...(isResting(state) && { finishedAt: instant(record.stateChangedAtMs) }),
    ...(deadlineAtMs !== undefined && { expiresAt: instant(deadlineAtMs) }),
    cost: { estimateUsd: usd(record.estimateMicroUsd), settledUsd: usd(record.settledMicroUsd) },
    outputs: outputsOf(id, record.outputsText),
    ...(record.warnings !== undefined && { warnings: record.warnings }),
    timeline: timelineOf(record),
  };
}

/** Timeline of a generation, oldest entry first, with the last status of its provider that no document names. */
export function timelineOf({
  createdAtMs,
  timelineText = "",
  oddStatus,
}: Pick<GenerationRecord, "createdAtMs" | "timelineText" | "oddStatus">): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ at: instant(createdAtMs), state: "queued", note: "accepted" }];
  for (const line of timelineText.split("\n")) {
    const state = stateOfMark.get(line.charAt(0));
    if (state === undefined) continue;
    const colon = line.indexOf(":");
    const after = Number(colon < 0 ? line.slice(1) : line.slice(1, colon));
    entries.push({ at: instant(createdAtMs + after), state, ...(colon >= 0 && { note: line.slice(colon + 1) }) });
  }
  if (oddStatus === undefined) return entries;
  const at = instant(oddStatus.atMs);
  const after = entries.findLastIndex((entry) => entry.at <= at) + 1;
  const state = entries[after - 1]?.state ?? "running";
  return entries.toSpliced(after, 0, { at, state, note: `the provider says ${JSON.stringify(oddStatus.status)}` });
}

const instant = (ms: number): string => new Date(ms).toISOString();
const usd = (microUsd: number | undefined): number | null => (microUsd === undefined ? null : microUsd / 1_000_000);

/**
 * Stored form of outputs: one line each with kind, bytes, SHA-256 (base64url), content type and key; `*` in the key is
 * the generation's id.
 */
export function outputsText(id: string, outputs: readonly Output[]): string {
  return outputs
    .map(({ kind, bytes, sha256, contentType, key }) =>
      [kind, bytes, Buffer.from(sha256, "hex").toString("base64url"), contentType, key.replaceAll(id, "*")].join("\t"),
    )
    .join("\n");
}

/** Inverse of `outputsText`. */
export function outputsOf(id: string, text: string | undefined): Output[] {
  return (text ?? "").split("\n").flatMap((line) => {
    const [kind, bytes, sha256 = "", contentType = "", key = ""] = line.split("\t");
    if (kind === undefined || kind === "") return [];
    return {
      kind: kind as OutputKind,
      key: key.replaceAll("*", id),
      bytes: Number(bytes),
      sha256: Buffer.from(sha256, "base64url").toString("hex"),
      contentType,
    };
  });
}
