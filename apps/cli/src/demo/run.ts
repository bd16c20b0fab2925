import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Redis, type SimulatorProvider, type System, startApps } from "@reelqueue/system";
import { progressLine } from "../commands/enqueue/follow.ts";
import type { Screen } from "../commands/enqueue/screen.ts";
import { CommandError } from "../errors.ts";
import type { Interrupts } from "../interrupts.ts";
import type { DemoMessage, DemoOutcome, DemoRun } from "./messages.ts";
import { clockFactor, planDemo } from "./plan.ts";
import type { Sandbox } from "./sandbox.ts";

export interface DemoOptions {
  count: number;
  seed: number;
  /** Every mode at these providers; default: text only, at HiAPI and JieKou. */
  providers?: readonly SimulatorProvider[] | undefined;
  root: string;
  env: NodeJS.ProcessEnv;
  sandbox: Sandbox;
  screen: Screen;
  /** Aborted: the run ends with the results so far. */
  signal: AbortSignal;
  interrupts: Interrupts;
}

/** After this time the run ends with the results so far. */
export const deadlineMs = 600_000;
const stopWithinMs = 30_000;

/** Starts a separate system on the simulator, has `tests/chaos` run and check the generations, and stops it. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome | undefined> {
  const { sandbox, root, env, count, seed, providers, screen, signal } = options;
  const entry = join(root, "tests/chaos/src/demo/main.ts");
  if (!existsSync(entry))
    throw new CommandError("The demo needs a clone of the repository: tests/chaos is not here.", 1);
  const plan = planDemo({ root, home: sandbox.home, ports: sandbox.ports, env, seed, providers });
  screen.print(`Starting Redis, the simulator, api, submitter, poller and finalizer in ${sandbox.home}`);
  screen.print(`The simulator's clock runs ${clockFactor} times faster than ours`);
  const system = await startApps({ ...plan.systemOptions, log: screen.print, signal });
  const run = { count, seed, providers, plan, redisUrl: system.redis.url };
  return await drive(entry, run, system, options).finally(() => stop(system, screen));
}

async function stop(system: System<Redis>, screen: Screen): Promise<void> {
  screen.print("Stopping");
  const timer = setTimeout(() => system.kill(), stopWithinMs);
  await system.stop();
  clearTimeout(timer);
}

/**
 * The run, in a process of its own: the command line does not load the tests. Undefined: it failed, and has said why.
 * `detached`: Ctrl-C in the terminal reaches only the command line.
 */
async function drive(
  entry: string,
  run: DemoRun,
  system: System<Redis>,
  { screen, signal, interrupts }: DemoOptions,
): Promise<DemoOutcome | undefined> {
  const child = fork(entry, { detached: true, stdio: ["ignore", 2, 2, "ipc"] });
  let outcome: DemoOutcome | undefined;
  child.on("message", (message: DemoMessage) => {
    if ("print" in message) screen.print(message.print);
    else if ("outcome" in message) outcome = message.outcome;
    else screen.show([`${progressLine(message.view, message.seconds)} · ${message.announced} announced`]);
  });
  child.send(run);
  const stopRun = () => {
    const reason = interrupts.first.aborted ? "interrupted" : `not through after ${deadlineMs / 60_000} minutes`;
    if (child.connected) child.send(reason);
  };
  if (signal.aborted) stopRun();
  signal.addEventListener("abort", stopRun);
  interrupts.onSecond(() => {
    system.kill();
    child.kill("SIGKILL");
  });
  await once(child, "close");
  return outcome;
}
