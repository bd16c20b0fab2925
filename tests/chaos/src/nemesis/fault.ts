import { setTimeout as wait } from "node:timers/promises";
import type { LocalRedis } from "@reelqueue/testing";
import type { Nemesis } from "../inject.ts";
import type { SeededRandom } from "../random.ts";
import type { ChaosSystem } from "../system/system.ts";

/** A fault that is active. */
interface Active {
  /** What is affected, for the log. */
  what?: string;
  end(): unknown;
}

/** A fault that is over when `inject` returns. */
export function fault(nemesis: Omit<Nemesis, "inject">, inject: Nemesis["inject"]): Nemesis {
  return { ...nemesis, inject };
}

/** A fault that ends after a time from `low` to `high` ms. */
export function lasting(
  { lastsMs: [low, high], ...nemesis }: Omit<Nemesis, "inject"> & { lastsMs: readonly [low: number, high: number] },
  begin: (system: ChaosSystem, random: SeededRandom) => Active | Promise<Active>,
): Nemesis {
  return fault(nemesis, async (system, random) => {
    const { what, end } = await begin(system, random);
    const forMs = random.between(low, high);
    await wait(forMs);
    await end();
    return `${what === undefined ? "" : `${what} `}for ${forMs} ms`;
  });
}

/** Sets faults; `end` clears them. */
export function impair<Faults extends object>(
  target: { setFaults(faults: Partial<Faults>): void } | undefined,
  faults: Partial<Faults>,
): Active {
  target?.setFaults(faults);
  return { end: () => target?.setFaults({}) };
}

/** Kills (SIGKILL) or freezes (SIGSTOP) servers; `end` brings them back. */
export async function disable(signal: "SIGKILL" | "SIGSTOP", ...servers: readonly LocalRedis[]): Promise<Active> {
  for (const server of servers) await server.kill(signal);
  return {
    end: async () => {
      for (const server of servers) await (signal === "SIGKILL" ? server.restart() : server.kill("SIGCONT"));
    },
  };
}

/** The primary is dead until the end. */
export async function killPrimary({ redis }: ChaosSystem): Promise<Active> {
  const { primary } = await redis.lineup();
  return { what: "primary down", ...(await disable("SIGKILL", primary)) };
}
