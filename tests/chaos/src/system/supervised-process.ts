import { appendFileSync } from "node:fs";
import { eventually, type FaultProxy, type ProcessSpec, Supervised } from "@reelqueue/system/testing";

export type Role = "api" | "submitter" | "poller" | "finalizer";

/**
 * Why a process ended: `killed` by SIGKILL of a nemesis, `crashed` at its crash point, `left` on SIGTERM, `no_redis`:
 * gave up waiting for Redis at its start.
 */
export type EndReason = "killed" | "crashed" | "left" | "no_redis" | "unexpected";

/** One ended process; the fields are those of `report.json`. */
export interface ProcessEnd {
  /** Name of the supervised process. */
  slot: string;
  role: Role;
  /** In ms since 1970. */
  atMs: number;
  why: EndReason;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** From the last signal to the end. */
  tookMs: number;
  /** The last 1,500 characters of its log. */
  lastWords: string;
}

/** A process that is restarted whenever it ends. */
export type SupervisedProcess = ReturnType<typeof supervise>;

/** `redisProxy`: its own proxy to Redis, where Redis is one server. */
export function supervise(
  own: { name: string; role: Role; redisProxy: FaultProxy | undefined },
  spec: ProcessSpec,
  onEnd: (end: ProcessEnd) => void,
) {
  let sent = nothingSent;
  let once: Record<string, string> = {};
  let next: Record<string, string> = {};
  const supervised = new Supervised(spec, {
    atOnce: true,
    envOfRun: () => {
      [sent, once, next] = [nothingSent, next, {}];
      return once;
    },
    onEnd: (run, { code, signal }) => {
      const lastWords = run.logs().slice(-1_500);
      appendFileSync(spec.log, `--- pid ${run.pid} ended: ${signal ?? code}\n`);
      const end = { code, signal, tookMs: performance.now() - sent.at, lastWords };
      onEnd({ slot: own.name, role: own.role, atMs: Date.now(), ...end, why: reasonOf(end, sent, once) });
    },
  });
  const pid = () => (supervised.current.alive() ? supervised.current.pid : undefined);
  /** Signals the current process, if there is one. */
  const send = (signal: NodeJS.Signals) => {
    if (pid() === undefined) return;
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") sent = withSignal(sent, signal);
    supervised.current.kill(signal);
  };
  const isReady = () => supervised.current.ready().then(() => true);
  return {
    ...{ ...own, pid, signal: send },
    /** Ends the current process by SIGTERM; only the next one gets these variables. */
    replace: (env: Record<string, string>) => {
      next = env;
      send("SIGTERM");
    },
    /** Resolves once the current process is healthy. */
    ready: async (timeoutMs = 60_000) => {
      await eventually(isReady, { describe: `${own.name} is healthy`, timeoutMs, everyMs: 50 });
    },
    /** Sends SIGKILL; no restart follows. */
    kill: () => supervised.kill(),
    stop: () => supervised.stop(),
  };
}

/** The last signal that ends a process, and the number of SIGTERMs. */
interface SentSignals {
  signal?: NodeJS.Signals;
  at: number;
  terms: number;
}

const nothingSent: SentSignals = { at: 0, terms: 0 };

function withSignal({ signal: before, terms }: SentSignals, now: NodeJS.Signals): SentSignals {
  const signal = before === "SIGKILL" ? before : now;
  return { signal, at: performance.now(), terms: terms + (now === "SIGTERM" ? 1 : 0) };
}

function reasonOf(
  { code, signal, lastWords }: Pick<ProcessEnd, "code" | "signal" | "lastWords">,
  { signal: sent, terms }: SentSignals,
  once: Record<string, string>,
): EndReason {
  if (signal === "SIGKILL" && sent === "SIGKILL") return "killed";
  if (signal === "SIGKILL" && once.CRASH_AT !== undefined) return "crashed";
  if (terms > 0 && (code === 0 || signal === "SIGTERM")) return "left";
  // A second SIGTERM ends a process at once, with code 1.
  if (terms > 1 && code === 1) return "left";
  if (code === 1 && lastWords.includes("Redis cannot be reached")) return "no_redis";
  return "unexpected";
}
