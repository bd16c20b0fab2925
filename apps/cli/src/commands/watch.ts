import type { Generation } from "@reelqueue/contracts";
import { Command } from "commander";
import { Interrupts } from "../interrupts.ts";
import { connect } from "./api.ts";
import { colored, printJson, situation } from "./show.ts";

export const watch = new Command("watch")
  .description("Follow one generation until it ends or needs a review. Exit code 0 only if it succeeded.")
  .argument("<id>")
  .option("--json", "each change as one JSON object")
  .action(async (id: string, { json = false }: { json?: boolean }) => {
    const interrupts = new Interrupts();
    try {
      process.exitCode = await follow(id, json, interrupts.first);
    } catch (error) {
      if (!interrupts.first.aborted) throw error;
      process.exitCode = 130;
    } finally {
      interrupts.stopListening();
    }
  });

async function follow(id: string, json: boolean, signal: AbortSignal): Promise<number> {
  let last: Generation | undefined;
  for await (const generation of connect().client.watch(id, { signal })) {
    const text = `${colored(generation.state)}  ${situation(generation)}`.trimEnd();
    if (json) printJson(generation);
    else if (last === undefined || text !== `${colored(last.state)}  ${situation(last)}`.trimEnd())
      console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
    last = generation;
    // the next step is an operator's
    if (generation.state === "needs_review") break;
  }
  return last?.state === "succeeded" ? 0 : 1;
}
