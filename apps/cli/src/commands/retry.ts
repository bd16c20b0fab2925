import { Command } from "commander";
import { connect } from "./api.ts";
import { colored } from "./show.ts";

export const retry = new Command("retry")
  .description("Start a new paid attempt of what failed or expired, where that cannot pay twice for one result.")
  .argument("<id...>")
  .action(async (ids: string[]) => {
    const { client } = connect();
    for (const id of ids) {
      const { state, attempt } = await client.retry(id);
      console.log(`${id}  ${colored(state)}  attempt ${attempt}`);
    }
  });
