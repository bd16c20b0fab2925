import { Command } from "commander";
import { Interrupts } from "../../interrupts.ts";
import { collectPairs, parseCount } from "./rows.ts";
import { type EnqueueOptions, enqueueFile, type Stage } from "./run.ts";

export const enqueue = new Command("enqueue")
  .description("Enqueue a file with one request as JSON in each line, and follow it until every video is stored.")
  .argument("<file>", "JSON Lines; - reads standard input")
  .option("--yes", "do not ask to confirm the price")
  .option("--count <n>", "only the first n rows", parseCount)
  .option("--dry-run", "check and price the rows, enqueue nothing")
  .option("--json", "the result as one JSON object in the last line of standard output")
  .option("--batch <name>", "name of the batch; default: the file's name")
  .option("--again", "enqueue all rows again as a new batch, and pay again")
  .option("--live", "allow the files of examples/ to spend real money")
  .option("--set <NAME=VALUE>", "value of {{NAME}} in media and webhook URLs; may be repeated", collectPairs, [])
  .addHelpText(
    "after",
    "\nExit code: 0 all succeeded, 1 some did not, 2 nothing was enqueued, 130 interrupted (the workers continue).",
  )
  .action(async (file: string, options: EnqueueOptions) => {
    const interrupts = new Interrupts();
    const stage: Stage = {};
    interrupts.onSecond(() => process.exit(130));
    try {
      process.exitCode = await enqueueFile(file, options, stage, interrupts.first);
    } catch (error) {
      if (!interrupts.first.aborted) throw error;
      console.error(
        stage.batch === undefined ? "\nStopped. Nothing was enqueued." : reattach(file, stage.batch, options),
      );
      process.exitCode = 130;
    } finally {
      interrupts.stopListening();
    }
  });

function reattach(file: string, batch: string, { count, set }: EnqueueOptions): string {
  const words = [
    ...["./reelqueue", "enqueue", file, "--batch", batch],
    ...(count === undefined ? [] : ["--count", `${count}`]),
    ...set.flatMap((pair) => ["--set", pair]),
  ].map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  const command = file === "-" ? `./reelqueue list --batch ${batch}` : words.join(" ");
  return `\nStopped watching. Nothing is lost: the workers continue. To watch again, without paying twice:\n  ${command}`;
}
