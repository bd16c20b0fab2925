import type { Failure } from "@reelqueue/contracts";
import type { Capabilities, Phase } from "../capabilities.ts";
import type { Call, NoAnswer, PollResult, RemoteOutput } from "../provider.ts";
import {
  type Answer,
  type ErrorFormat,
  failureClassOf,
  failureOf,
  isSuccess,
  readError,
  retryAfterOf,
  type TaskErrorRule,
} from "./errors.ts";
import { type ExchangeRequest, exchange } from "./exchange.ts";

/** The format in which one provider reports a task. */
export interface TaskFormat extends ErrorFormat {
  taskPath(taskId: string): string;
  /** The task in the answer to a poll; undefined if the body holds none. */
  readTask(body: unknown): ParsedTask | undefined;
  taskErrors: readonly TaskErrorRule[];
}

/** A task as parsed from an answer. */
export interface ParsedTask {
  /** Undefined if the answer does not repeat it. */
  id: string | undefined;
  status: string;
  /** The meaning of the status; undefined for a word that neither the documents nor `synonyms` name. */
  phase: Phase | undefined;
  /** 0 to 100. */
  percent?: number | undefined;
  outputs: RemoteOutput[];
  usage?: Readonly<Record<string, number | undefined>>;
  error?: { code?: string | undefined; message?: string | undefined } | undefined;
}

/** The result of a query without the requested data. */
export type FailedQuery =
  | NoAnswer
  | { kind: "missing"; message: string }
  /** The provider refuses the query itself. */
  | { kind: "refused"; failure: Failure; evidence: string };

const getTimeoutMs = 15_000;

/** Polls a task once. */
export async function pollTask(format: TaskFormat, taskId: string, call: Call): Promise<PollResult> {
  const parse = (body: unknown) => {
    const task = format.readTask(body);
    const outputs = task?.outputs.flatMap((output) => resolved(output, call.baseUrl)) ?? [];
    return pollResultOf(task && { ...task, outputs }, taskId, format.taskErrors);
  };
  const outcome = await httpGet(format, call, format.taskPath(taskId), parse);
  return outcome.kind === "refused" ? toNoAnswer(outcome) : outcome;
}

/** The output with a whole URL; nothing if there is none. */
function resolved(output: RemoteOutput, baseUrl: string): RemoteOutput[] {
  if (/^https?:/i.test(output.url)) return [output];
  const url = URL.parse(output.url, `${baseUrl}/`);
  return url === null ? [] : [{ ...output, url: url.href }];
}

/** Sends one GET; see `query`. */
export function httpGet<T>(
  format: ErrorFormat,
  call: Call,
  path: string,
  parse: (body: unknown) => T | undefined,
): Promise<T | FailedQuery> {
  return query(format, call, { method: "GET", path, timeoutMs: getTimeoutMs }, parse);
}

/**
 * Sends one idempotent request. `parse` gets the body of a success; undefined from it means that the body is unusable.
 */
export async function query<T>(
  format: ErrorFormat,
  call: Call,
  request: ExchangeRequest,
  parse: (body: unknown) => T | undefined,
): Promise<T | FailedQuery> {
  const answer = await exchange(call, request);
  if (answer.kind !== "answer") return { kind: "unreachable", message: answer.message };
  return (isSuccess(answer.status) ? parse(answer.body) : undefined) ?? failedQuery(format, answer);
}

/** Maps a refused query, or a 404 where it proves nothing, to an unusable answer: the query is repeated. */
export function toNoAnswer(failed: Exclude<FailedQuery, NoAnswer>): NoAnswer {
  const message = failed.kind === "missing" ? failed.message : `${failed.failure.message} (${failed.evidence})`;
  return { kind: "unreachable", message };
}

/**
 * Words that other gateways use, INFERRED: no document of a provider names them for itself. Words that may also mean a
 * passing trouble, such as "error", are left out: a failed task may be followed by a paid attempt.
 */
const synonyms: readonly [Phase, readonly string[]][] = [
  ["queued", ["queued", "queueing", "pending", "submitted", "created", "waiting", "排队中"]],
  ["running", ["running", "processing", "in_progress", "generating", "处理中", "生成中"]],
  ["succeeded", ["succeeded", "succeed", "success", "successful", "completed", "complete", "finished", "done", "成功"]],
  ["failed", ["failed", "fail", "failure", "失败"]],
];

/** The meaning of a status in any case: by the provider's table, otherwise by `synonyms`; undefined: in neither. */
export function phaseOf(status: string, { statuses }: Pick<Capabilities, "statuses">): Phase | undefined {
  const word = status.trim().toLowerCase();
  const documented = Object.entries(statuses.value).find(([name]) => name.toLowerCase() === word);
  return documented?.[1] ?? synonyms.find(([, words]) => words.includes(word))?.[0];
}

function failedQuery(format: ErrorFormat, answer: Answer): FailedQuery {
  const { evidence, status } = answer;
  const error = readError(format, answer);
  if (!error) return { kind: "unreachable", message: `Nothing usable: ${evidence}`, unusable: true };
  const { meaning, message, code } = error;
  switch (meaning) {
    case "key":
    case "balance":
      return { kind: "blocked", reason: meaning, message };
    case "throttled":
      return { kind: "throttled", message, ...retryAfterOf(answer) };
    case "missing":
      return { kind: "missing", message };
    case "unknown":
      return { kind: "unreachable", message: `${message} (${evidence})` };
    default:
      return status === 404
        ? { kind: "missing", message }
        : { kind: "refused", failure: failureOf(meaning, code, message), evidence };
  }
}

/** Undefined if the answer is about another task, or reports a success without a video. */
function pollResultOf(
  task: ParsedTask | undefined,
  taskId: string,
  rules: readonly TaskErrorRule[],
): PollResult | undefined {
  if (!task || (task.id !== undefined && task.id !== taskId)) return undefined;
  const { status, phase, percent } = task;
  switch (phase) {
    case "succeeded":
      return hasVideo(task) ? succeeded(task) : undefined;
    case "failed":
      return failed(task, rules);
    case "canceled":
    case "expired":
      return { kind: phase };
    default: {
      // an unknown word beside a video in the field of a success
      if (phase === undefined && hasVideo(task)) return { ...succeeded(task), unknownStatus: status };
      const progress = percent === undefined ? {} : { progress: Math.min(percent, 100) };
      return { kind: "pending", phase: phase ?? "running", status, known: phase !== undefined, ...progress };
    }
  }
}

function hasVideo({ outputs }: ParsedTask): boolean {
  return outputs.some(({ kind }) => kind === "video");
}

function succeeded({ outputs, usage = {} }: ParsedTask): Extract<PollResult, { kind: "succeeded" }> {
  const used = Object.entries(usage).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { kind: "succeeded", outputs, ...(used.length > 0 && { usage: Object.fromEntries(used) }) };
}

function failed({ error }: ParsedTask, rules: readonly TaskErrorRule[]): PollResult {
  const code = error?.code;
  const message = error?.message ?? code ?? "The provider gives no reason";
  const reported = { message, ...(code === undefined ? {} : { code }) };
  return { kind: "failed", failure: { class: failureClassOf(reported, rules), ...reported } };
}
