import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { FaultMix } from "./feed.ts";
import { type Rule, rules } from "./without.ts";
import { type Topology, topologies } from "./world/servers.ts";
import { type AccountName, accountNames } from "./world/world.ts";

export interface ChaosOptions {
  generations: number;
  /** The kind of Redis of the run. */
  redis: Topology;
  /** Kills of processes by a nemesis. */
  kills: number;
  seed: number;
  faults: FaultMix;
  /** No strike begins after this long. */
  minutes: number;
  /** Peace between two strikes, in ms, besides some tenths of a second. */
  apartMs: number;
  /** Processes of each role. */
  workers: number;
  /** Only these nemeses. */
  nemeses?: string[];
  /** The rule that the workers do not keep. */
  without?: Rule;
  /** Accounts that get the work; default: all. */
  accounts?: readonly AccountName[];
  /** How long a late task hides, in real ms; default: well inside the quiet window. */
  lateMs?: number;
  /** Visit every state of the model instead. */
  model: boolean;
  /** Leave each rule out in turn, and show what it is there for. */
  prove: boolean;
  /** Leases and time limits as in production, instead of those short enough for a rehearsal. */
  productionLeases: boolean;
  /** Put the plain BullMQ solution under the same faults, and compare the bills. */
  naive: boolean;
  /** Where the report and the logs go. */
  report: string;
}

/** Every fault of the providers that the system promises to survive, at a share that a run of some hundreds meets. */
export const everyFault: FaultMix = {
  "accept-reset*1": 0.03,
  "accept-hang*1": 0.01,
  "accept-500*1": 0.02,
  "accept-broken-json*1": 0.02,
  "accept-empty*1": 0.02,
  "accept-late*1": 0.02,
  "submit-429*2": 0.05,
  "submit-503*1": 0.03,
  "poll-429*1": 0.03,
  "poll-500*1": 0.03,
  "poll-reset*1": 0.02,
  "poll-404*1": 0.02,
  "poll-garbage*1": 0.02,
  "unknown-status*2": 0.02,
  "status-regress": 0.03,
  "callback-none": 0.1,
  "callback-twice": 0.1,
  "callback-early": 0.03,
  "url-expired": 0.03,
  "file-truncated": 0.03,
  "success-no-url": 0.02,
  "task-fails*1": 0.03,
  slow: 0.03,
};

const wishes = {
  redis: { type: "string", default: topologies.join(",") },
  generations: { type: "string", default: "300" },
  kills: { type: "string", default: "30" },
  seed: { type: "string" },
  faults: { type: "string", default: "every" },
  minutes: { type: "string", default: "60" },
  "apart-ms": { type: "string", default: "0" },
  workers: { type: "string", default: "2" },
  nemeses: { type: "string" },
  prove: { type: "boolean", default: false },
  model: { type: "boolean", default: false },
  "production-leases": { type: "boolean", default: false },
  naive: { type: "boolean", default: false },
  without: { type: "string" },
  accounts: { type: "string" },
  "late-ms": { type: "string" },
  report: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** `parts`: the kinds of Redis of a run in parts. */
export function readOptions(args: readonly string[]): ChaosOptions & { parts: readonly Topology[] } {
  const { values } = parseArgs({ args: args.filter((arg) => arg !== "--"), options: wishes });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : count("seed", values.seed);
  return {
    redis: "alone",
    parts: values.redis.split(",").map((name) => oneOf("redis", name, topologies)),
    generations: count("generations", values.generations),
    kills: count("kills", values.kills),
    seed,
    faults: readFaults(values.faults),
    minutes: count("minutes", values.minutes),
    apartMs: count("apart-ms", values["apart-ms"]),
    workers: count("workers", values.workers),
    prove: values.prove,
    model: values.model,
    productionLeases: values["production-leases"],
    naive: values.naive,
    ...(values.nemeses !== undefined && { nemeses: values.nemeses.split(",") }),
    ...(values["late-ms"] !== undefined && { lateMs: count("late-ms", values["late-ms"]) }),
    ...(values.without !== undefined && { without: oneOf("without", values.without, rules) }),
    ...(values.accounts !== undefined && {
      accounts: values.accounts.split(",").map((name) => oneOf("accounts", name, accountNames)),
    }),
    report: values.report ?? `.reelqueue/chaos/${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${seed}`,
  };
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new Error(`--${name} is "${text}": one of ${allowed.join(", ")}`);
  return found;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} is "${text}": a number from 0 on`);
  return value;
}

/** `every`, `none`, or shares by name: `accept-reset*1=0.1,submit-429*3=0.2`. */
function readFaults(text: string): FaultMix {
  if (text === "every") return everyFault;
  if (text === "none") return {};
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [name = "", share = ""] = pair.split("=");
      return [name, count("faults", share || "0.05")];
    }),
  );
}
