import type { Failure } from "@reelqueue/contracts";
import type { SubmitCall, SubmitResult } from "../provider.ts";
import { type Answer, type Errors, failure, isSuccess, judge, wait } from "./errors.ts";
import { type Exchange, exchange } from "./exchange.ts";

/** How one provider's answers to a create are read. */
export interface Creation extends Errors {
  /** The task id in the answer to a create. */
  createdId(body: unknown): string | undefined;
  /** A larger body is refused by the provider, so it is not sent. */
  maxBodyBytes?: { bytes: number; rule: string };
}

export interface Post {
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON; fields that are undefined are left out. */
  body: object;
}

const timeoutMs = 60_000;

/** Builds the body, sends it once, and says what came of it. */
export async function submitOnce(
  creation: Creation,
  call: SubmitCall,
  build: () => Promise<Post>,
): Promise<SubmitResult> {
  let post: Post;
  try {
    post = await build();
  } catch (error) {
    return { kind: "unsent", message: `The request could not be made up: ${String(error)}` };
  }
  const body = JSON.stringify(post.body);
  const tooLong = lengthFailure(creation, Buffer.byteLength(body));
  if (tooLong) return { kind: "rejected", failure: tooLong };
  const headers = { "content-type": "application/json", ...post.headers };
  return submitted(creation, await exchange(call, { method: "POST", path: post.path, headers, body, timeoutMs }));
}

function lengthFailure({ maxBodyBytes: most }: Creation, bytes: number): Failure | undefined {
  if (!most || bytes <= most.bytes) return undefined;
  return failure("rejected", most.rule, `The request is ${bytes} bytes long; the provider takes at most ${most.bytes}`);
}

function submitted(creation: Creation, answer: Exchange): SubmitResult {
  if (answer.kind === "unsent") return answer;
  if (answer.kind === "lost") return { kind: "unknown", message: "No whole answer", evidence: answer.message };
  const taskId = isSuccess(answer.status) ? creation.createdId(answer.body) : undefined;
  return taskId === undefined ? refused(creation, answer) : { kind: "accepted", taskId };
}

function refused(creation: Creation, answer: Answer): SubmitResult {
  const { evidence } = answer;
  const judgement = judge(creation, answer);
  if (!judgement) return { kind: "unknown", message: "A success without a task id", evidence };
  const { meaning, message, code } = judgement;
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...wait(answer) };
    case "unknown":
      return { kind: "unknown", message, evidence };
    case "missing":
      return { kind: "rejected", failure: failure("rejected", code, message) };
    default:
      return { kind: "rejected", failure: failure(meaning, code, message) };
  }
}
