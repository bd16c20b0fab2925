import { Command } from "commander";
import { gathered, positive } from "../options.ts";
import { type Asked, quoteFile } from "./run.ts";

export const quote = new Command("quote")
  .description(
    "Price a file with one request as JSON in each line, on every account side by side; nothing is enqueued.",
  )
  .argument("<file>", "JSON Lines; - reads standard input")
  .option("--account <name>", "all rows on this account")
  .option("--count <n>", "only the first n rows", positive)
  .option("--json", "as one JSON object")
  .option("--set <NAME=VALUE>", "value of {{NAME}} in addresses of media; may be repeated", gathered, [])
  .addHelpText("after", "\nExit code: 0 every row can be made, 2 some cannot, as they are.")
  .action(async (file: string, options: Asked) => {
    process.exitCode = await quoteFile(file, options);
  });
