import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type App, type FaultProxy, spawnEntry } from "@reelqueue/testing";

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
export interface SupervisedProcess extends AsyncDisposable {
  name: string;
  role: Role;
  /** Its own proxy to Redis, where Redis is one server. */
  redisProxy: FaultProxy | undefined;
  pid(): number | undefined;
  /** Signals the current process; false when there is none. */
  signal(signal: NodeJS.Signals): boolean;
  /** Ends the current process by SIGTERM; only the next one gets these variables. */
  replace(env: Record<string, string>): void;
  /** Resolves once the current process is healthy. */
  ready(timeoutMs?: number): Promise<void>;
}

export interface ProcessOptions {
  name: string;
  role: Role;
  redisProxy: FaultProxy | undefined;
  entry: string;
  env: Record<string, string>;
  logs: string;
  onEnd: (end: ProcessEnd) => void;
}

const entryFolder = join(import.meta.dirname, "..", "entries");
export const processEntry = join(entryFolder, "process.ts");

export function supervise(options: ProcessOptions): SupervisedProcess {
  const { name, role, redisProxy, entry, env, logs, onEnd } = options;
  let app: App | undefined;
  let sent: SentSignals = { at: 0, terms: 0 };
  let nextEnv: Record<string, string> = {};
  let open = true;

  const run = async (): Promise<void> => {
    while (open) {
      const once = nextEnv;
      nextEnv = {};
      sent = { at: 0, terms: 0 };
      const current = await spawnEntry(entry, name, { ...env, ROLE: role, ...once });
      app = current;
      current.ready().catch(() => {});
      if (!open) current.kill("SIGKILL");
      const { code, signal } = await current.exited;
      app = undefined;
      const written = current.logs();
      appendFileSync(join(logs, `${name}.log`), `${written}--- pid ${current.pid} ended: ${signal ?? code}\n`);
      const end = { code, signal, tookMs: performance.now() - sent.at, lastWords: written.slice(-1_500) };
      if (open) onEnd({ slot: name, role, atMs: Date.now(), ...end, why: reasonOf(end, sent, once) });
    }
  };
  const running = run();

  const send = (signal: NodeJS.Signals): boolean => {
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") sent = withSignal(sent, signal);
    app?.kill(signal);
    return app !== undefined;
  };
  return {
    name,
    role,
    redisProxy,
    pid: () => app?.pid,
    signal: send,
    replace: (once) => {
      nextEnv = once;
      send("SIGTERM");
    },
    ready: (timeoutMs = 60_000) => healthy(() => app, name, timeoutMs),
    [Symbol.asyncDispose]: async () => {
      open = false;
      app?.kill("SIGCONT");
      app?.kill("SIGKILL");
      await running;
    },
  };
}

/** The last signal that ends a process, and the number of SIGTERMs. */
interface SentSignals {
  signal?: NodeJS.Signals;
  at: number;
  terms: number;
}

function withSignal({ signal: before, terms }: SentSignals, now: NodeJS.Signals): SentSignals {
  const signal = before === "SIGKILL" ? before : now;
  return { signal, at: performance.now(), terms: terms + (now === "SIGTERM" ? 1 : 0) };
}

async function healthy(now: () => App | undefined, name: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const current = now();
    const ready = await current?.ready().then(
      () => now() === current,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} was not healthy within ${timeoutMs} ms`);
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
