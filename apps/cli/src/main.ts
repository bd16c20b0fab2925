import { Command, type CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { demo } from "./demo/command.ts";
import { reportError } from "./errors.ts";
import { configure, start } from "./start.ts";

const program = new Command("reelqueue")
  .description("Durable queue for AI video generations: never pay twice, never lose a paid video.")
  .showHelpAfterError();

for (const command of [start, demo, configure, ...commands]) program.addCommand(command.exitOverride(leave));
program.exitOverride(leave);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}

/** Commander has printed the usage error by now. */
function leave({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}
