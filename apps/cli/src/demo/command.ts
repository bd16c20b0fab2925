import { type SimulatorProvider, simulatorProviders } from "@reelqueue/system";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { type Screen, screenOn } from "../commands/enqueue/screen.ts";
import { readEnv } from "../env.ts";
import { Interrupts } from "../interrupts.ts";
import { findPlace } from "./place.ts";
import { type DemoResult, type ProviderResult, providersOf, resultOf, shortcomings } from "./result.ts";
import { type DemoRun, type Open, runDemo } from "./run.ts";

interface Options {
  count: number;
  seed: number;
  providers?: readonly SimulatorProvider[];
  json?: boolean;
  keep?: boolean;
}

/** After this long it ends with what there is. */
const deadlineMs = 600_000;
const mostGenerations = 10_000;

export const demo = new Command("demo")
  .description(
    "Run generations through a whole system of its own and a simulated provider, and prove what came of them.",
  )
  .option("--count <n>", "how many generations", whole(1, mostGenerations), 1_000)
  .option("--seed <n>", "deals the simulator's chance; the same seed deals the same faults", whole(0, 1_000_000_000), 1)
  .option("--providers <names>", "all of them, or names with commas between, in every mode", providers)
  .option("--json", "print nothing but the result on standard output")
  .option("--keep", "keep the temporary folder: videos, logs, Redis' data")
  .action(async (options: Options) => {
    process.exitCode = await prove(options);
  });

/** Gives the exit code: 0 only if every generation ended, was announced and stored, and none was paid twice. */
async function prove({ count, seed, providers, json = false, keep = false }: Options): Promise<number> {
  const { root, all } = readEnv();
  const screen = screenOn(json ? process.stderr : process.stdout);
  const interrupts = new Interrupts();
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([interrupts.first, deadline]);
  try {
    using place = await findPlace(screen.say);
    if (keep) place.keep();
    const onStarted = (system: { kill(): void }) => interrupts.onSecond(() => system.kill());
    const run = await runDemo({ count, seed, providers, root, env: all, place, screen, signal, onStarted });
    if (keep) screen.say(`Everything is kept in ${place.home}`);
    return report(run, { interrupted: interrupts.first.aborted, json, byProvider: providers !== undefined }, screen);
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.say(interrupts.first.aborted ? "Stopped before it had begun" : "It did not start in time");
    return 1;
  } finally {
    interrupts.stopListening();
  }
}

interface Telling {
  interrupted: boolean;
  json: boolean;
  byProvider: boolean;
}

function report({ facts, open }: DemoRun, { interrupted, json, byProvider }: Telling, screen: Screen): number {
  const result = resultOf(facts);
  const providers = providersOf(facts);
  const wrong = [
    ...(open === undefined ? [] : [`${whyGivenUp(open, interrupted)}: ${open.states}`]),
    ...shortcomings(facts),
  ];
  if (!json) screen.say(tableOf(result));
  if (!json && byProvider) screen.say(tableByProvider(providers));
  for (const sentence of wrong) process.stderr.write(`Not proven: ${sentence}\n`);
  const told = byProvider ? { ...result, providers: Object.fromEntries(providers) } : result;
  process.stdout.write(`${JSON.stringify(told)}\n`);
  return wrong.length === 0 ? 0 : 1;
}

function whyGivenUp({ by }: Open, interrupted: boolean): string {
  if (by === "standstill") return "nothing changed any more";
  return interrupted ? "interrupted" : `not through after ${deadlineMs / 60_000} minutes`;
}

function tableOf(result: DemoResult): string {
  const table = new Table({ style: { head: [], border: [], compact: true }, colAligns: ["left", "right"] });
  const count = (value: number) => value.toLocaleString("en-US");
  table.push(
    ["accepted", count(result.accepted)],
    ["succeeded", count(result.succeeded)],
    ["failed for good", count(result.failed)],
    ["videos on disk", `${count(result.outputs)}, ${count(Math.round(result.outputBytes / 1_000))} kB`],
    ["webhooks verified", `${count(result.webhooksVerified)}, ${count(result.duplicateWebhooks)} came again`],
    ["charges at the simulator", `${count(result.charges)}, ${count(result.duplicateCharges)} paid twice`],
    ["time", `${result.seconds} s, ${result.generationsPerSecond} a second`],
    ["polls each", `${result.pollsPerGeneration}`],
    ["Redis commands each", `${result.redisCommandsPerGeneration}`],
  );
  return table.toString();
}

function tableByProvider(providers: readonly [string, ProviderResult][]): string {
  const head = ["provider", "generations", "succeeded", "charges", "the simulator's bill", "our ledger", "polls each"];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const [name, of] of providers) {
    const paid = [`$${of.chargedUsd.toFixed(2)}`, `$${of.settledUsd.toFixed(2)}`];
    table.push([name, of.generations, of.succeeded, of.charges, ...paid, of.pollsPerGeneration]);
  }
  return table.toString();
}

function providers(text: string): SimulatorProvider[] {
  if (text === "all") return simulatorProviders;
  const names = text.split(",").map((name) => name.trim());
  const known = simulatorProviders.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError(`Give all, or some of ${simulatorProviders.join(", ")}.`);
}

function whole(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
