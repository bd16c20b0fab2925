import { Command } from "commander";
import { connect } from "./api.ts";
import { CommandError } from "./command-error.ts";

export const replay = new Command("replay")
  .description("Send webhooks again, same id and same bytes: one delivery (msg_…), or all of one generation.")
  .argument("<id>", "of a delivery or of a generation")
  .action(async (id: string) => {
    const { client } = connect();
    const ids = id.startsWith("msg_") ? [id] : (await client.deliveries(id)).map((delivery) => delivery.id);
    if (ids.length === 0)
      throw new CommandError(`${id} announced nothing: its request named no webhook, or it has not ended yet.`);
    for (const each of ids) {
      const { url } = await client.replay(each);
      console.log(`${each} is sent again to ${url}`);
    }
  });
