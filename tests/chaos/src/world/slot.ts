import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type App, spawnEntry } from "@reelqueue/testing";
import type { Road } from "./road.ts";

export type Role = "api" | "submitter" | "poller" | "finalizer";

/** Why a process ended: `struck` by a nemesis, `crashed` at the point it was told, `left` on SIGTERM, `waited` in vain for Redis at its start, or by itself. */
export type Ending = "struck" | "crashed" | "left" | "waited" | "unexpected";

export interface Ended {
  slot: string;
  role: Role;
  /** When, in ms since 1970. */
  atMs: number;
  why: Ending;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  tookMs: number;
  lastWords: string;
}

/** The place of one process: whoever ends in it is followed by the next. */
export interface Slot extends AsyncDisposable {
  name: string;
  role: Role;
  /** Its own road to Redis, where that is one server. */
  toRedis: Road | undefined;
  pid(): number | undefined;
  /** Sends a signal to the process that is there now; false where there is none. */
  signal(signal: NodeJS.Signals): boolean;
  /** Ends the process in an orderly way; the next one gets these variables once. */
  replace(env: Record<string, string>): void;
  /** Resolves once a process is there and healthy. */
  ready(timeoutMs?: number): Promise<void>;
}

export interface SlotOptions {
  name: string;
  role: Role;
  toRedis: Road | undefined;
  entry: string;
  env: Record<string, string>;
  logs: string;
  onEnd: (ended: Ended) => void;
}

const entryFolder = join(import.meta.dirname, "..", "entries");
export const processEntry = join(entryFolder, "process.ts");

export function openSlot(options: SlotOptions): Slot {
  const { name, role, toRedis, entry, env, logs, onEnd } = options;
  let app: App | undefined;
  let told: Told = { at: 0, terms: 0 };
  let nextEnv: Record<string, string> = {};
  let open = true;

  const live = async (): Promise<void> => {
    while (open) {
      const once = nextEnv;
      nextEnv = {};
      told = { at: 0, terms: 0 };
      const current = await spawnEntry(entry, name, { ...env, ROLE: role, ...once });
      app = current;
      current.ready().catch(() => {});
      if (!open) current.kill("SIGKILL");
      const { code, signal } = await current.exited;
      app = undefined;
      const written = current.logs();
      appendFileSync(join(logs, `${name}.log`), `${written}--- pid ${current.pid} ended: ${signal ?? code}\n`);
      const seen = { code, signal, tookMs: performance.now() - told.at, lastWords: written.slice(-1_500) };
      if (open) onEnd({ slot: name, role, atMs: Date.now(), ...seen, why: endingOf(seen, told, once) });
    }
  };
  const living = live();

  const send = (signal: NodeJS.Signals): boolean => {
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") told = toldAlso(told, signal);
    app?.kill(signal);
    return app !== undefined;
  };
  return {
    name,
    role,
    toRedis,
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
      await living;
    },
  };
}

/** What the process that is there now was told last, and how often to leave. */
interface Told {
  signal?: NodeJS.Signals;
  at: number;
  terms: number;
}

function toldAlso({ signal: before, terms }: Told, now: NodeJS.Signals): Told {
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

function endingOf(
  { code, signal, lastWords }: Pick<Ended, "code" | "signal" | "lastWords">,
  { signal: told, terms }: Told,
  once: Record<string, string>,
): Ending {
  if (signal === "SIGKILL" && told === "SIGKILL") return "struck";
  if (signal === "SIGKILL" && once.CRASH_AT !== undefined) return "crashed";
  if (terms > 0 && (code === 0 || signal === "SIGTERM")) return "left";
  // Told a second time, a process leaves at once.
  if (terms > 1 && code === 1) return "left";
  if (code === 1 && lastWords.includes("Redis cannot be reached")) return "waited";
  return "unexpected";
}
