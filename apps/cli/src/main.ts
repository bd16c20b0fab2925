import { Command, type CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { configure } from "./configure.ts";
import { demo } from "./demo/command.ts";
import { sayWhy } from "./fail.ts";
import { start } from "./start.ts";

const program = new Command("reelqueue")
  .description("Durable queue for AI video generations: never pay twice, never lose a paid video.")
  .showHelpAfterError();

for (const command of [start, demo, configure, ...commands]) program.addCommand(command.exitOverride(leave));
program.exitOverride(leave);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = sayWhy(error);
}

/** What is wrong with a command line has been said by now. */
function leave({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}
