import { Command } from "commander";
import { configure } from "./configure.ts";
import { demo } from "./demo/command.ts";
import { sayWhy } from "./fail.ts";
import { start } from "./start.ts";

const program = new Command("reelqueue")
  .description("Durable queue for AI video generations: never pay twice, never lose a paid video.")
  .showHelpAfterError();

for (const command of [start, demo, configure]) program.addCommand(command);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = sayWhy(error);
}
