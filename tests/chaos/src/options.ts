import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type Topology, topologies } from "@reelqueue/testing";
import type { FaultMix } from "./feed.ts";
import { type AccountName, accountNames } from "./system/system.ts";
import { rules } from "./without.ts";

/** Every provider fault that the system must survive, with shares that occur in a run of a few hundred generations. */
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

const flags = {
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

/** A wrong option of the command; the message is one sentence. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

export type CommandOptions = ReturnType<typeof readOptions>;

/** Options of one run, on one topology. */
export type ChaosOptions = Omit<CommandOptions, "redis"> & { redis: Topology };

/** Prints a line of a run. */
export type Log = (line: string) => void;

type Accounts = readonly AccountName[] | undefined;

/** Parses the command line. Throws an OptionsError. */
export function readOptions(args: readonly string[]) {
  const values = readFlags(args.filter((arg) => arg !== "--"));
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : count("seed", values.seed);
  return {
    /** The topologies to run, one after the other. */
    redis: values.redis.split(",").map((name) => oneOf("redis", name, topologies)),
    generations: count("generations", values.generations),
    /** Kills of processes; all other faults scale with it. */
    kills: count("kills", values.kills),
    seed,
    faults: readFaults(values.faults),
    /** No fault begins after this long. */
    minutes: count("minutes", values.minutes),
    /** Pause between two faults, in ms; 50 to 500 ms are added. */
    apartMs: count("apart-ms", values["apart-ms"]),
    /** Processes of each role. */
    workers: count("workers", values.workers),
    /** Leave out each safety rule in turn and expect a broken promise. */
    prove: values.prove,
    /** Runs `generations` random orders of events through the submit protocol, for each kind of provider, instead. */
    model: values.model,
    /** Leases and time limits as in production; default: shorter ones, in the same order. */
    productionLeases: values["production-leases"],
    /** Run the plain BullMQ solution under the same faults and compare the bills. */
    naive: values.naive,
    /** Only these nemeses. */
    nemeses: values.nemeses?.split(","),
    /** How late an `accept-late` task appears, in real ms; default: well inside the quiet window. */
    lateMs: values["late-ms"] === undefined ? undefined : count("late-ms", values["late-ms"]),
    /** The safety rule that the workers leave out. */
    without: values.without === undefined ? undefined : oneOf("without", values.without, rules),
    /** Accounts that get rows; default: all. */
    accounts: values.accounts?.split(",").map((name) => oneOf("accounts", name, accountNames)) as Accounts,
    /** Folder of the report and the logs. */
    report: values.report ?? `.reelqueue/chaos/${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${seed}`,
  };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    const { message } = error as Error;
    const known = Object.keys(flags).map((name) => `--${name}`);
    throw new OptionsError(`${message.split(/\. |\n/)[0]?.replace(/\.$/, "")}; the options are ${known.join(", ")}`);
  }
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new OptionsError(`--${name} is "${text}"; use one of ${allowed.join(", ")}`);
  return found;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new OptionsError(`--${name} is "${text}"; use a number from 0 up`);
  return value;
}

/** `every`, `none`, or shares by fault: `accept-reset*1=0.1,submit-429*3=0.2`. */
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
