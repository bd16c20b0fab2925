import type { Failure } from "@reelqueue/contracts";
import type { Capabilities, Phase } from "../capabilities.ts";
import type { Call, NoAnswer, PollResult, RemoteOutput } from "../provider.ts";
import {
  type Answer,
  type Errors,
  type FailureRuling,
  failure,
  failureClassOf,
  isSuccess,
  judge,
  wait,
} from "./errors.ts";
import { type Ask, exchange } from "./exchange.ts";
/** How one provider's answers about a task are read. */
export interface Watching extends Errors {
  /** What the body says about the task that was asked for; undefined where it says nothing usable. */
  progress(body: unknown, taskId: string): PollResult | undefined;
}

/** Why a question about something was not answered with it. */
export type Denied =
  | NoAnswer
  | { kind: "missing"; message: string }
  /** A definite no to the question itself. */
  | { kind: "refused"; failure: Failure; evidence: string };

const lookTimeoutMs = 15_000;

/** Asks once for the state of a task. */
export async function pollOnce(watching: Watching, call: Call, path: string, taskId: string): Promise<PollResult> {
  const outcome = await lookOnce(watching, call, path, (body) => watching.progress(body, taskId));
  return outcome.kind === "refused" ? unanswered(outcome) : outcome;
}

/** Asks once for whatever `read` finds in the answer. */
export function lookOnce<T>(
  errors: Errors,
  call: Call,
  path: string,
  read: (body: unknown) => T | undefined,
): Promise<T | Denied> {
  return askOnce(errors, call, { method: "GET", path, timeoutMs: lookTimeoutMs }, read);
}

/** Asks once, of a question that may be asked again; `read` sees the body of a success. */
export async function askOnce<T>(
  errors: Errors,
  call: Call,
  ask: Ask,
  read: (body: unknown) => T | undefined,
): Promise<T | Denied> {
  const answer = await exchange(call, ask);
  if (answer.kind !== "answer") return { kind: "unreachable", message: answer.message };
  return (isSuccess(answer.status) ? read(answer.body) : undefined) ?? denied(errors, answer);
}

/** A look is never refused for good: what was refused is asked again. */
export function unanswered({ failure, evidence }: Extract<Denied, { kind: "refused" }>): NoAnswer {
  return { kind: "unreachable", message: `${failure.message} (${evidence})` };
}

function denied(errors: Errors, answer: Answer): Denied {
  const { evidence, status } = answer;
  const judgement = judge(errors, answer);
  if (!judgement) return { kind: "unreachable", message: `Nothing usable: ${evidence}` };
  const { meaning, message, code } = judgement;
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...wait(answer) };
    case "missing":
      return { kind: "missing", message };
    case "unknown":
      return { kind: "unreachable", message: `${message} (${evidence})` };
    default:
      return status === 404
        ? { kind: "missing", message }
        : { kind: "refused", failure: failure(meaning, code, message), evidence };
  }
}

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

/** What a status of this provider means; undefined for one that its table does not name. */
export function phaseNamed(name: string, { statuses }: Pick<Capabilities, "statuses">): Phase | undefined {
  return Object.hasOwn(statuses.value, name) ? statuses.value[name] : undefined;
}
