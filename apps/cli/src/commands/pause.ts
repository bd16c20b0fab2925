import { Command } from "commander";
import { connect } from "./api.ts";

export const pause = new Command("pause")
  .description("Send nothing more for an account until it is resumed; what runs already ends as it would.")
  .argument("<account>")
  .argument("[reason...]", "shown to everyone who waits")
  .action(async (account: string, reason: string[]) => {
    const { name, paused, waiting } = await connect().client.pause(account, reason.join(" ") || undefined);
    console.log(`${name} is paused: ${paused}. ${waiting} wait; go on with: ./reelqueue resume ${name}`);
  });
