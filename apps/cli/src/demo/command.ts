import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { type Screen, screenOn } from "../commands/enqueue/screen.ts";
import { readEnv } from "../env.ts";
import { Interrupts } from "../interrupts.ts";
import { findPlace } from "./place.ts";
import { type DemoResult, resultOf, shortcomings } from "./result.ts";
import { type DemoRun, type Open, runDemo } from "./run.ts";

interface Options {
  count: number;
  seed: number;
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
  .option("--seed <n>", "deals the twin's chance; the same seed deals the same faults", whole(0, 1_000_000_000), 1)
  .option("--json", "print nothing but the result on standard output")
  .option("--keep", "keep the temporary folder: videos, logs, Redis' data")
  .action(async (options: Options) => {
    process.exitCode = await prove(options);
  });

/** Gives the exit code: 0 only if every generation ended, was announced and stored, and none was paid twice. */
async function prove({ count, seed, json = false, keep = false }: Options): Promise<number> {
  const { root, all } = readEnv();
  const screen = screenOn(json ? process.stderr : process.stdout);
  const interrupts = new Interrupts();
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([interrupts.first, deadline]);
  try {
    using place = await findPlace(screen.say);
    if (keep) place.keep();
    const onStarted = (system: { kill(): void }) => interrupts.onSecond(() => system.kill());
    const run = await runDemo({ count, seed, root, env: all, place, screen, signal, onStarted });
    if (keep) screen.say(`Everything is kept in ${place.home}`);
    return report(run, interrupts.first.aborted, json, screen);
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.say(interrupts.first.aborted ? "Stopped before it had begun" : "It did not start in time");
    return 1;
  } finally {
    interrupts.stopListening();
  }
}

function report({ facts, open }: DemoRun, interrupted: boolean, json: boolean, screen: Screen): number {
  const result = resultOf(facts);
  const wrong = [
    ...(open === undefined ? [] : [`${whyGivenUp(open, interrupted)}: ${open.states}`]),
    ...shortcomings(facts),
  ];
  if (!json) screen.say(tableOf(result));
  for (const sentence of wrong) process.stderr.write(`Not proven: ${sentence}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
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
    ["charges at the twin", `${count(result.charges)}, ${count(result.duplicateCharges)} paid twice`],
    ["time", `${result.seconds} s, ${result.generationsPerSecond} a second`],
    ["polls each", `${result.pollsPerGeneration}`],
    ["Redis commands each", `${result.redisCommandsPerGeneration}`],
  );
  return table.toString();
}

function whole(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
