import { compareBills } from "./naive/compare.ts";
import { readOptions } from "./options.ts";
import { runParts } from "./parts.ts";
import { exploreAll } from "./protocol/explore.ts";
import { proveRules } from "./prove.ts";

const options = readOptions(process.argv.slice(2));
if (options.model) {
  const { ok, explorations } = await exploreAll({ sequences: options.generations, seed: options.seed }, console.log);
  const visits = explorations.map(({ name, sequences, violation }) => ({
    name,
    sequences,
    violation: violation?.what,
  }));
  console.log(JSON.stringify({ ok, visits }));
  process.exit(ok ? 0 : 1);
}
console.log(`seed ${options.seed}: ${options.generations} generations, ${options.kills} kills`);

if (options.prove) {
  const proofs = await proveRules(options, console.log);
  const ok = proofs.every(({ without, withAll }) => Object.keys(without).length > 0 && withAll === 0);
  console.log(JSON.stringify({ ok, seed: options.seed, proofs }));
  process.exit(ok ? 0 : 1);
}
if (options.naive) {
  const bills = await compareBills(options, console.log);
  console.log(JSON.stringify({ seed: options.seed, bills }));
  process.exit(0);
}
const summary = await runParts(options, console.log);
console.log(JSON.stringify(summary));
process.exit(summary.ok ? 0 : 1);
