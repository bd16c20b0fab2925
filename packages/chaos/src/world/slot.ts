import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type App, spawnEntry } from "@reelqueue/testing";
import type { Road } from "./road.ts";

export type Role = "api" | "submitter" | "poller" | "finalizer";

/** Why a process ended: `struck` by a nemesis, `crashed` at the point it was told, `left` on SIGTERM, or by itself. */
export type Ending = "struck" | "crashed" | "left" | "unexpected";

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
  /** Its own road to Redis. */
  toRedis: Road;
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
  toRedis: Road;
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
  const told: { signal?: NodeJS.Signals; at: number } = { at: 0 };
  let nextEnv: Record<string, string> = {};
  let open = true;

  const live = async (): Promise<void> => {
    while (open) {
      const once = nextEnv;
      nextEnv = {};
      delete told.signal;
      const current = await spawnEntry(entry, name, { ...env, ROLE: role, ...once });
      app = current;
      current.ready().catch(() => {});
      if (!open) current.kill("SIGKILL");
      const { code, signal } = await current.exited;
      app = undefined;
      const written = current.logs();
      appendFileSync(join(logs, `${name}.log`), `${written}--- pid ${current.pid} ended: ${signal ?? code}\n`);
      if (open) {
        const why = endingOf(code, signal, told.signal, once);
        onEnd({
          slot: name,
          role,
          atMs: Date.now(),
          why,
          code,
          signal,
          tookMs: performance.now() - told.at,
          lastWords: written.slice(-1_500),
        });
      }
    }
  };
  const living = live();

  const send = (signal: NodeJS.Signals): boolean => {
    if (app === undefined) return false;
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") Object.assign(told, { signal, at: performance.now() });
    app.kill(signal);
    return true;
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
    ready: async (timeoutMs = 60_000) => {
      const deadline = performance.now() + timeoutMs;
      while (performance.now() < deadline) {
        const current = app;
        if (
          current &&
          (await current.ready().then(
            () => app === current,
            () => false,
          ))
        )
          return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${name} was not healthy within ${timeoutMs} ms`);
    },
    [Symbol.asyncDispose]: async () => {
      open = false;
      app?.kill("SIGCONT");
      app?.kill("SIGKILL");
      await living;
    },
  };
}

function endingOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  told: NodeJS.Signals | undefined,
  once: Record<string, string>,
): Ending {
  if (signal === "SIGKILL" && told === "SIGKILL") return "struck";
  if (signal === "SIGKILL" && once.CRASH_AT !== undefined) return "crashed";
  if (told === "SIGTERM" && (code === 0 || signal === "SIGTERM")) return "left";
  return "unexpected";
}
