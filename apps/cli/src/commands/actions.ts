import type { Client } from "@reelqueue/client";
import { Command } from "commander";
import { CommandError } from "../errors.ts";
import { connect } from "./api.ts";
import { colored } from "./show.ts";

export const cancel = new Command("cancel")
  .description("Cancel generations: unsent ones at once; a running task ends as the provider says.")
  .argument("<id...>")
  .action(async (ids: string[]) => {
    const { client } = connect();
    for (const id of ids) {
      const { state } = await client.cancel(id);
      const note = state === "canceled" ? "" : "  cancel requested; it may be charged, and a result is kept";
      console.log(`${id}  ${colored(state)}${note}`);
    }
  });

export const retry = new Command("retry")
  .description(
    "Start a new paid attempt of a failed or expired generation, where that cannot pay twice for one result. " +
      "Where a paid video was lost, it is downloaded again instead.",
  )
  .argument("[id...]")
  .option("--lost", "also every generation whose paid video was lost")
  .action(async (named: string[], { lost }: { lost?: true }) => {
    const { client } = connect();
    const ids = [...new Set([...named, ...(lost ? await lostOutputs(client) : [])])];
    if (ids.length === 0 && !lost) throw new CommandError("Name a generation, or use --lost.");
    if (ids.length === 0) console.log("No paid video was lost.");
    for (const id of ids) {
      const { state, attempt } = await client.retry(id);
      const what = state === "finalizing" ? "its video is downloaded again" : `attempt ${attempt}`;
      console.log(`${id}  ${colored(state)}  ${what}`);
    }
  });

/** Reads the whole list first: a generation that is retried leaves it. */
async function lostOutputs(client: Client): Promise<string[]> {
  const found: string[] = [];
  for await (const { id, failure } of client.listAll({ state: "failed" }))
    if (failure?.class === "output_lost") found.push(id);
  return found;
}

export const pause = new Command("pause")
  .description("Stop submitting for an account until it is resumed; running tasks are not affected.")
  .argument("<account>")
  .argument("[reason...]", "shown with every generation that waits for the account")
  .action(async (account: string, reason: string[]) => {
    const { name, paused, waiting } = await connect().client.pause(account, reason.join(" ") || undefined);
    console.log(`${name} is paused: ${paused}. Waiting: ${waiting}. Resume it with: ./reelqueue resume ${name}`);
  });

export const resume = new Command("resume")
  .description("Resume a paused account.")
  .argument("<account>")
  .action(async (account: string) => {
    const { name, waiting } = await connect().client.resume(account);
    console.log(`${name} is resumed. Waiting: ${waiting}.`);
  });

export const replay = new Command("replay")
  .description(
    "Send webhooks again with the same id and the same bytes: one delivery (msg_…), or all of one generation.",
  )
  .argument("<id>", "of a delivery or of a generation")
  .action(async (id: string) => {
    const { client } = connect();
    const ids = id.startsWith("msg_") ? [id] : (await client.deliveries(id)).map((delivery) => delivery.id);
    if (ids.length === 0)
      throw new CommandError(`${id} has no deliveries: its request names no webhook, or it has not ended yet.`);
    for (const each of ids) {
      const { url } = await client.replay(each);
      console.log(`${each} is sent again to ${url}`);
    }
  });
