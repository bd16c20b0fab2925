import { compareBills } from "./naive/compare.ts";
import { type CommandOptions, OptionsError, readOptions } from "./options.ts";
import { planParts, runParts } from "./parts.ts";
import { exploreAll } from "./protocol/explore.ts";
import { proveRules } from "./prove.ts";

process.exit(await main(process.argv.slice(2)));

/** The exit code: 0 if every promise held, 2 for a wrong option. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    // a wrong nemesis ends every kind of run
    planParts(options);
    return (await run(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function run(options: CommandOptions): Promise<boolean> {
  if (options.model) return await explore(options);
  console.log(`seed ${options.seed}: ${options.generations} generations, ${options.kills} kills`);
  if (options.prove) {
    const proofs = await proveRules(options, console.log);
    const ok = proofs.every(({ without, withAll }) => Object.keys(without).length > 0 && withAll === 0);
    console.log(JSON.stringify({ ok, seed: options.seed, proofs }));
    return ok;
  }
  if (options.naive) {
    const bills = await compareBills(options, console.log);
    console.log(JSON.stringify({ seed: options.seed, bills }));
    return true;
  }
  const summary = await runParts(options, console.log);
  console.log(JSON.stringify(summary));
  return summary.ok;
}

async function explore({ generations, seed }: CommandOptions): Promise<boolean> {
  const { ok, explorations } = await exploreAll({ sequences: generations, seed }, console.log);
  const visits = explorations.map(({ name, sequences, violation }) => ({
    name,
    sequences,
    violation: violation?.what,
  }));
  console.log(JSON.stringify({ ok, visits }));
  return ok;
}
