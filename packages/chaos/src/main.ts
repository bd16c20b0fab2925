import { readOptions } from "./options.ts";
import { summarize, writeReport } from "./report.ts";
import { runChaos } from "./run.ts";

const options = readOptions(process.argv.slice(2));
console.log(`seed ${options.seed}: ${options.generations} generations, ${options.kills} kills`);
const outcome = await runChaos(options, console.log);
const summary = summarize(outcome);
console.log(`\nreport: ${writeReport(outcome, summary)}\n`);
for (const { promise, what, checked, broken, unknown } of outcome.findings) {
  console.log(
    `${promise.padEnd(6)} ${String(checked).padStart(6)} checked ${String(broken.length).padStart(4)} broken ${String(unknown).padStart(4)} unknown  ${what}`,
  );
  for (const sentence of broken.slice(0, 5)) console.log(`         ${sentence}`);
}
for (const { slot, code, signal, lastWords } of outcome.endings.filter(({ why }) => why === "unexpected"))
  console.log(`${slot} ended by itself (${signal ?? code}):\n${lastWords}`);
console.log(JSON.stringify(summary));
process.exit(summary.ok ? 0 : 1);
