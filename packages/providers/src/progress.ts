import type { Phase } from "./capabilities.ts";
import type { PollResult, RemoteOutput } from "./provider.ts";
import { type FailureRuling, failureClassOf } from "./rulings.ts";

/** A task as a dialect reads it out of an answer. */
export interface Told {
  /** Absent where the answer does not repeat it. */
  id: string | undefined;
  status: string;
  /** What the status means; absent for one that the documents do not name. */
  phase: Phase | undefined;
  /** 0 to 100. */
  percent?: number | undefined;
  outputs: RemoteOutput[];
  usage?: Readonly<Record<string, number | undefined>>;
  error?: { code?: string | undefined; message?: string | undefined } | undefined;
}

/** The outcome of a look. Undefined where the answer is about another task, or tells of a success without a video. */
export function progressOf(
  told: Told | undefined,
  taskId: string,
  failures: readonly FailureRuling[],
): PollResult | undefined {
  if (!told || (told.id !== undefined && told.id !== taskId)) return undefined;
  const { status, phase, percent } = told;
  switch (phase) {
    case "succeeded":
      return succeeded(told);
    case "failed":
      return failed(told, failures);
    case "canceled":
    case "expired":
      return { kind: phase };
    default: {
      const progress = percent === undefined ? {} : { progress: Math.min(percent, 100) };
      return { kind: "pending", phase: phase ?? "running", status, known: phase !== undefined, ...progress };
    }
  }
}

function succeeded({ outputs, usage = {} }: Told): PollResult | undefined {
  if (!outputs.some(({ kind }) => kind === "video")) return undefined;
  const used = Object.entries(usage).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { kind: "succeeded", outputs, ...(used.length > 0 && { usage: Object.fromEntries(used) }) };
}

function failed({ error }: Told, failures: readonly FailureRuling[]): PollResult {
  const code = error?.code;
  const message = error?.message ?? code ?? "The provider gives no reason";
  const reported = { message, ...(code === undefined ? {} : { code }) };
  return { kind: "failed", failure: { class: failureClassOf(reported, failures), ...reported } };
}
