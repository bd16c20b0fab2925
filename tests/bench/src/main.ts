import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Options, print, type Report } from "./rig/report.ts";

type Bench = (options: Options) => Promise<Report>;

/** Loaded on demand, so that no bench runs beside the code of another. */
const benches: Record<string, () => Promise<Bench>> = {
  caps: async () => (await import("./caps/index.ts")).caps,
  pipeline: async () => (await import("./pipeline/index.ts")).pipeline,
  enqueue: async () => (await import("./enqueue/index.ts")).enqueue,
  memory: async () => (await import("./memory/index.ts")).memory,
  poll: async () => (await import("./poll/index.ts")).poll,
  recover: async () => (await import("./recover/index.ts")).recover,
  away: async () => (await import("./away/index.ts")).away,
};

const command = new Command("bench")
  .description(`Measures the figures of the README: ${Object.keys(benches).join(", ")}; without a name, all of them.`)
  .argument("[names...]", "which benches to run")
  .option("--quick", "a small run, as a smoke test", false)
  .option("--runs <count>", "runs of each variant", wholeNumber)
  // 1 is the exit code of a bench that failed
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (names: string[], options: Options) => {
    const unknown = names.find((name) => !(name in benches));
    if (unknown !== undefined) command.error(`unknown bench "${unknown}"; use ${Object.keys(benches).join(", ")}`);
    const [only, ...others] = names.length > 0 ? names : Object.keys(benches);
    if (others.length === 0 && only !== undefined) return runHere(only, options);
    for (const name of [only, ...others]) await runAlone(name ?? "", options);
  });
await command.parseAsync();

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Give a whole number from 1.");
}

/** All temporary files of a bench and its processes are in one folder, which is removed at exit. */
async function runHere(name: string, options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `reelqueue-bench-${name}-`));
  process.env.TMPDIR = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const bench = await benches[name]?.();
  if (bench) print(await bench(options), options);
}

async function runAlone(name: string, { quick, runs }: Options): Promise<void> {
  const flags = [...(quick ? ["--quick"] : []), ...(runs === undefined ? [] : ["--runs", `${runs}`])];
  const child = spawn(process.execPath, [import.meta.filename, name, ...flags], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) process.exitCode = 1;
}
