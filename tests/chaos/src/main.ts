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
    const result = await run(options);
    console.log(JSON.stringify(result));
    return "ok" in result && !result.ok ? 1 : 0;
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function run(options: CommandOptions): Promise<{ ok: boolean } | { bills: unknown }> {
  const { seed, generations, kills } = options;
  if (options.model) return exploreAll({ sequences: generations, seed }, console.log);
  console.log(`seed ${seed}: ${generations} generations, ${kills} kills`);
  const alone = { ...options, redis: "alone" } as const;
  if (options.prove) return proveRules(alone, console.log);
  if (options.naive) return compareBills(alone, console.log);
  return runParts(options, console.log);
}
