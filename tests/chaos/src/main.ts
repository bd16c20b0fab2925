import { compareBills } from "./naive/compare.ts";
import { readOptions } from "./options.ts";
import { runParts } from "./parts.ts";
import { exploreAll } from "./protocol/explore.ts";
import { proveRules } from "./prove.ts";

const options = readOptions(process.argv.slice(2));
const { seed, generations, kills } = options;
const result = await runChosen();
console.log(JSON.stringify(result));
process.exit("ok" in result && !result.ok ? 1 : 0);

async function runChosen(): Promise<{ ok: boolean } | { bills: unknown }> {
  if (options.model) return exploreAll({ sequences: generations, seed }, console.log);
  console.log(`seed ${seed}: ${generations} generations, ${kills} kills`);
  const alone = { ...options, redis: "alone" } as const;
  if (options.prove) return proveRules(alone, console.log);
  if (options.naive) return compareBills(alone, console.log);
  return runParts(options, console.log);
}
