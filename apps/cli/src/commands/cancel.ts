import { Command } from "commander";
import { connect } from "./api.ts";
import { colored } from "./show.ts";

export const cancel = new Command("cancel")
  .description("Cancel generations: at once while they wait; what is already made ends as the provider says.")
  .argument("<id...>")
  .action(async (ids: string[]) => {
    const { client } = connect();
    for (const id of ids) {
      const { state } = await client.cancel(id);
      const noted = state === "canceled" ? "" : "  the wish is noted; it may be paid already, and what comes is kept";
      console.log(`${id}  ${colored(state)}${noted}`);
    }
  });
