import { type SimulatorProvider, simulatorProviders } from "@reelqueue/system";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { type Screen, screenOn } from "../commands/enqueue/screen.ts";
import { readEnv } from "../env.ts";
import { Interrupts } from "../interrupts.ts";
import type { DemoOutcome, DemoResult, ProviderResult } from "./messages.ts";
import { deadlineMs, runDemo } from "./run.ts";
import { openSandbox } from "./sandbox.ts";

interface DemoCommandOptions {
  count: number;
  seed: number;
  providers?: readonly SimulatorProvider[];
  json?: boolean;
  keep?: boolean;
}

const maxGenerations = 10_000;

export const demo = new Command("demo")
  .description("Run generations through a separate system and simulated providers, and prove the result.")
  .option("--count <n>", "how many generations", wholeNumber(1, maxGenerations), 1_000)
  .option("--seed <n>", "seed of the simulator; the same seed gives the same faults", wholeNumber(0, 1_000_000_000), 1)
  .option("--providers <names>", "all, or names separated by commas; every mode", parseProviders)
  .option("--json", "print only the result on standard output")
  .option("--keep", "keep the temporary folder: videos, logs, Redis data")
  .action(async (options: DemoCommandOptions) => {
    process.exitCode = await prove(options);
  });

/** The exit code: 0 only if every generation ended, was announced and stored, and none was paid twice. */
async function prove({ count, seed, providers, json = false, keep = false }: DemoCommandOptions): Promise<number> {
  const { root, all } = readEnv();
  const screen = screenOn(json ? process.stderr : process.stdout);
  const interrupts = new Interrupts();
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([interrupts.first, deadline]);
  try {
    using sandbox = await openSandbox(screen.print);
    if (keep) sandbox.keep();
    const outcome = await runDemo({ count, seed, providers, root, env: all, sandbox, screen, signal, interrupts });
    if (keep) screen.print(`Everything is kept in ${sandbox.home}`);
    return outcome === undefined ? 1 : report(outcome, json, providers !== undefined, screen);
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.print(interrupts.first.aborted ? "Stopped before the start" : "It did not start in time");
    return 1;
  } finally {
    interrupts.stopListening();
  }
}

function report({ result, providers, notProven }: DemoOutcome, json: boolean, byProvider: boolean, screen: Screen) {
  if (!json) screen.print(tableOf(result));
  if (!json && byProvider) screen.print(tableByProvider(providers));
  for (const sentence of notProven) process.stderr.write(`Not proven: ${sentence}\n`);
  process.stdout.write(`${JSON.stringify(byProvider ? { ...result, providers } : result)}\n`);
  return notProven.length === 0 ? 0 : 1;
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

function tableByProvider(providers: Readonly<Record<string, ProviderResult>>): string {
  const head = ["provider", "generations", "succeeded", "charges", "the simulator's bill", "our ledger", "polls each"];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const [name, result] of Object.entries(providers)) {
    const { generations, succeeded, charges, chargedUsd, settledUsd, pollsPerGeneration } = result;
    const usd = [`$${chargedUsd.toFixed(2)}`, `$${settledUsd.toFixed(2)}`];
    table.push([name, generations, succeeded, charges, ...usd, pollsPerGeneration]);
  }
  return table.toString();
}

function parseProviders(text: string): SimulatorProvider[] {
  if (text === "all") return simulatorProviders;
  const names = text.split(",").map((name) => name.trim());
  const known = simulatorProviders.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError(`Give all, or some of ${simulatorProviders.join(", ")}.`);
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
