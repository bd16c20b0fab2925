import { Command } from "commander";
import { Interrupts } from "../../interrupts.ts";
import { gathered, positive } from "../options.ts";
import { type Asked, enqueueFile, type Stage } from "./run.ts";

export const enqueue = new Command("enqueue")
  .description("Enqueue a file with one request as JSON in each line, and follow it until every video is stored.")
  .argument("<file>", "JSON Lines; - reads standard input")
  .option("--yes", "do not ask whether the price is right")
  .option("--count <n>", "only the first n rows", positive)
  .option("--dry-run", "check and price the rows, enqueue nothing")
  .option("--json", "the result as one JSON object in the last line of standard output")
  .option("--batch <name>", "name of the batch; the file's name if left out")
  .option("--again", "make everything anew, as a new batch, and pay for it again")
  .option("--live", "let the files of examples/ spend real money")
  .option("--set <NAME=VALUE>", "value of {{NAME}} in addresses of media; may be repeated", gathered, [])
  .addHelpText(
    "after",
    "\nExit code: 0 all succeeded, 1 some did not, 2 nothing was enqueued, 130 interrupted (the work goes on).",
  )
  .action(async (file: string, options: Asked) => {
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

function reattach(file: string, batch: string, { count, set }: Asked): string {
  const again = [
    ...["./reelqueue", "enqueue", file, "--batch", batch],
    ...(count === undefined ? [] : ["--count", `${count}`]),
    ...set.flatMap((pair) => ["--set", pair]),
  ].map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  const command = file === "-" ? `./reelqueue list --batch ${batch}` : again.join(" ");
  return `\nStopped watching. Nothing is lost: the work goes on. This finds it again without paying twice:\n  ${command}`;
}
