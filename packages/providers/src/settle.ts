import type { Failure, FailureClass } from "@reelqueue/contracts";
import { retryAfterMs } from "@reelqueue/egress";
import { type Exchange, exchange } from "./exchange.ts";
import type { Call, Progress, SubmitCall, Submitted } from "./provider.ts";

import { type Meaning, meaningOf, type Refusal, type Ruling } from "./rulings.ts";

/** How one provider's answers are read. */
export interface Dialect {
  /** The task id in the answer to a create. */
  createdId(body: unknown): string | undefined;
  /** What the body says about the task that was asked for; undefined where it says nothing usable. */
  progress(body: unknown, taskId: string): Progress | undefined;
  /** The error that the body reports; undefined where it is not in the provider's own envelope. */
  refusal(body: unknown): Refusal | undefined;
  rulings: readonly Ruling[];
  /** A larger body is refused by the provider, so it is not sent. */
  maxBodyBytes?: { bytes: number; rule: string };
}

export interface Post {
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON; fields that are undefined are left out. */
  body: object;
}

const submitTimeoutMs = 60_000;
const pollTimeoutMs = 15_000;

/** Builds the body, sends it once, and says what came of it. */
export async function submitOnce(dialect: Dialect, call: SubmitCall, build: () => Promise<Post>): Promise<Submitted> {
  let post: Post;
  try {
    post = await build();
  } catch (error) {
    return { kind: "unsent", message: `The request could not be made up: ${String(error)}` };
  }
  const body = JSON.stringify(post.body);
  const tooLong = lengthFailure(dialect, Buffer.byteLength(body));
  if (tooLong) return { kind: "rejected", failure: tooLong };
  const headers = { "content-type": "application/json", ...post.headers };
  const ask = { method: "POST", path: post.path, headers, body, timeoutMs: submitTimeoutMs } as const;
  return submitted(dialect, await exchange(call, ask));
}

/** Asks once for the state of a task. */
export async function pollOnce(dialect: Dialect, call: Call, path: string, taskId: string): Promise<Progress> {
  const answer = await exchange(call, { method: "GET", path, timeoutMs: pollTimeoutMs });
  if (answer.kind !== "answer") return { kind: "unreachable", message: answer.message };
  if (isSuccess(answer.status)) {
    return (
      dialect.progress(answer.body, taskId) ?? { kind: "unreachable", message: `Nothing usable: ${answer.evidence}` }
    );
  }
  return refusedLook(dialect, answer);
}

function lengthFailure({ maxBodyBytes: most }: Dialect, bytes: number): Failure | undefined {
  if (!most || bytes <= most.bytes) return undefined;
  return failure("rejected", most.rule, `The request is ${bytes} bytes long; the provider takes at most ${most.bytes}`);
}

type Answer = Extract<Exchange, { kind: "answer" }>;

function submitted(dialect: Dialect, answer: Exchange): Submitted {
  if (answer.kind === "unsent") return answer;
  if (answer.kind === "lost") return { kind: "unknown", message: "No whole answer", evidence: answer.message };
  if (!isSuccess(answer.status)) return refusedSubmit(dialect, answer);
  const taskId = dialect.createdId(answer.body);
  if (taskId !== undefined) return { kind: "accepted", taskId };
  return { kind: "unknown", message: "A success without a task id", evidence: answer.evidence };
}

function refusedSubmit(dialect: Dialect, answer: Answer): Submitted {
  const { meaning, message, code } = judge(dialect, answer);
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...wait(answer) };
    case "unknown":
      return { kind: "unknown", message, evidence: answer.evidence };
    case "missing":
      return { kind: "rejected", failure: failure("rejected", code, message) };
    default:
      return { kind: "rejected", failure: failure(meaning, code, message) };
  }
}

function refusedLook(dialect: Dialect, answer: Answer): Progress {
  const { meaning, message } = judge(dialect, answer);
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...wait(answer) };
    case "missing":
      return { kind: "missing", message };
    default:
      return answer.status === 404 && meaning !== "unknown"
        ? { kind: "missing", message }
        : { kind: "unreachable", message: `${message} (${answer.evidence})` };
  }
}

interface Judgement {
  meaning: Meaning;
  message: string;
  code?: string | undefined;
}

function judge(dialect: Dialect, { status, body, evidence }: Answer): Judgement {
  const refusal = dialect.refusal(body);
  if (status === 429) return { meaning: "throttled", message: refusal?.message ?? evidence };
  if (!refusal) return { meaning: "unknown", message: `HTTP ${status}, not in the provider's own words` };
  return { meaning: meaningOf(status, refusal, dialect.rulings), ...refusal };
}

function wait({ headers }: Answer): { retryAfterMs?: number } {
  const ms = retryAfterMs(headers, Date.now());
  return ms === undefined ? {} : { retryAfterMs: ms };
}

function failure(meaning: FailureClass, code: string | undefined, message: string): Failure {
  return { class: meaning, message, ...(code === undefined ? {} : { code }) };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
