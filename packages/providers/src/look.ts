import type { Failure } from "@reelqueue/contracts";
import { type Ask, exchange } from "./exchange.ts";
import { type Answer, type Errors, failure, isSuccess, judge, wait } from "./judge.ts";
import type { Call, NoAnswer, PollResult } from "./provider.ts";

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
