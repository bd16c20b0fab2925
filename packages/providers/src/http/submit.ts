import type { Failure } from "@reelqueue/contracts";
import type { SubmitCall, SubmitResult } from "../provider.ts";
import { type Answer, type ErrorFormat, failureOf, isSuccess, readError, retryAfterOf } from "./errors.ts";
import { type Exchange, exchange } from "./exchange.ts";

/** The format of one provider's answers to a create. */
export interface CreateFormat extends ErrorFormat {
  /** The task id in the answer to a create; undefined if it holds none. */
  createdId(body: unknown): string | undefined;
  /** A larger body is rejected without sending it, because the provider refuses it. */
  maxBodyBytes?: { bytes: number; rule: string };
}

export interface CreateRequest {
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON; undefined fields are left out. */
  body: object;
}

const timeoutMs = 60_000;

/** Builds the create request, sends it once, and maps the answer. */
export async function postCreate(
  format: CreateFormat,
  call: SubmitCall,
  build: () => Promise<CreateRequest>,
): Promise<SubmitResult> {
  let create: CreateRequest;
  try {
    create = await build();
  } catch (error) {
    return { kind: "unsent", message: `The request could not be made up: ${String(error)}` };
  }
  const body = JSON.stringify(create.body);
  const tooLong = lengthFailure(format, Buffer.byteLength(body));
  if (tooLong) return { kind: "rejected", failure: tooLong };
  const headers = { "content-type": "application/json", ...create.headers };
  return submitResultOf(format, await exchange(call, { method: "POST", path: create.path, headers, body, timeoutMs }));
}

function lengthFailure({ maxBodyBytes: most }: CreateFormat, bytes: number): Failure | undefined {
  if (!most || bytes <= most.bytes) return undefined;
  return failureOf(
    "rejected",
    most.rule,
    `The request is ${bytes} bytes long; the provider accepts at most ${most.bytes}`,
  );
}

function submitResultOf(format: CreateFormat, answer: Exchange): SubmitResult {
  if (answer.kind === "unsent") return answer;
  if (answer.kind === "lost") return { kind: "unknown", message: "No whole answer", evidence: answer.message };
  const taskId = isSuccess(answer.status) ? format.createdId(answer.body) : undefined;
  return taskId === undefined ? refusedResult(format, answer) : { kind: "accepted", taskId };
}

function refusedResult(format: CreateFormat, answer: Answer): SubmitResult {
  const { evidence } = answer;
  const error = readError(format, answer);
  if (!error) return { kind: "unknown", message: "A success without a task id", evidence };
  const { meaning, message, code } = error;
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...retryAfterOf(answer) };
    case "unknown":
      return { kind: "unknown", message, evidence };
    case "missing":
      return { kind: "rejected", failure: failureOf("rejected", code, message) };
    case "moderation":
    case "output_refused":
      return { kind: "rejected", failure: failureOf("input_refused", code, message) };
    default:
      return { kind: "rejected", failure: failureOf(meaning, code, message) };
  }
}
