import { type AnswerHead, type Egress, EgressError, retryAfterMs } from "@reelqueue/egress";
import { sign } from "./sign.ts";

export interface DeliverRequest {
  url: string;
  /** The same for all tries and replays of one event. */
  id: string;
  /** The stored bytes of the event, the same in every try. */
  body: string;
  /** Newest first; during a rotation the receiver may have any of them. */
  secrets: readonly string[];
  egress: Egress;
  signal?: AbortSignal;
  /** The time that is signed, by a correct clock; left out: this machine's. */
  at?: Date;
  /** Limit of the whole exchange. */
  timeoutMs?: number;
}

export type DeliveryOutcome =
  /** Any 2xx. `ms`: the time to the answer. */
  | { kind: "delivered"; status: number; ms: number }
  | { kind: "refused"; status: number; message: string }
  /** 410: the endpoint accepts no more events. */
  | { kind: "gone" }
  /** The endpoint asks for a pause. */
  | { kind: "throttled"; status: number; message: string; retryAfterMs?: number }
  /** No answer; the event may have arrived. */
  | { kind: "unreachable"; message: string }
  /** The egress guard forbids the address. */
  | { kind: "blocked"; message: string };

const mostAnswerBytes = 65_536;

/** Sends one event once. No error of the network or the endpoint rejects, and redirects are not followed. */
export async function sendWebhook(request: DeliverRequest): Promise<DeliveryOutcome> {
  const { url, body, egress, timeoutMs = 15_000 } = request;
  const headers = headersOf(request);
  const { signal } = request;
  const startedMs = performance.now();
  try {
    const post = { method: "POST", url, headers, body, timeoutMs, maxBytes: mostAnswerBytes } as const;
    const sending = egress.request(signal === undefined ? post : { ...post, signal });
    return read(await headOf(sending), performance.now() - startedMs);
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    if (error.kind === "blocked") return { kind: "blocked", message: error.message };
    if (signal?.aborted) return { kind: "unreachable", message: "stopped before an answer came" };
    const late = error.kind === "timeout";
    return { kind: "unreachable", message: late ? `no answer within ${timeoutMs} ms` : error.message };
  }
}

function headersOf({ id, body, secrets, at: timestamp = new Date() }: DeliverRequest): Record<string, string> {
  return {
    "content-type": "application/json",
    "user-agent": "reelqueue",
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(timestamp.getTime() / 1_000)}`,
    "webhook-signature": secrets.map((secret) => sign({ secret, id, timestamp, body })).join(" "),
  };
}

/** The head of the answer; its body does not count, nor how it ends. */
async function headOf(sending: Promise<AnswerHead>): Promise<AnswerHead> {
  try {
    return await sending;
  } catch (error) {
    if (error instanceof EgressError && error.answer) return error.answer;
    throw error;
  }
}

function read({ status, headers }: AnswerHead, ms: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: "delivered", status, ms };
  if (status === 410) return { kind: "gone" };
  const waitMs = retryAfterMs(headers, Date.now());
  const message = `answered ${status}`;
  if (status === 429 || waitMs !== undefined) {
    return { kind: "throttled", status, message, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  if (status < 400)
    return { kind: "refused", status, message: `${message}: redirects are not followed, register the final address` };
  return { kind: "refused", status, message };
}

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** The wait before each try, from the previous one: the schedule of Standard Webhooks, 75 h 35 min in all. */
export const deliveryDelaysMs: readonly number[] = [
  0,
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];

const jitter = 0.1;

export type NextTry = { kind: "again"; inMs: number } | { kind: "exhausted" };

/** The wait after `tries` failed tries, ±10 % by `random` (0 up to 1). */
export function nextTry(tries: number, random: () => number): NextTry {
  const delayMs = deliveryDelaysMs[tries];
  if (delayMs === undefined) return { kind: "exhausted" };
  return { kind: "again", inMs: Math.round(delayMs * (1 + jitter * (2 * random() - 1))) };
}
