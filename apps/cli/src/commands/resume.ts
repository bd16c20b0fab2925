import { Command } from "commander";
import { connect } from "./api.ts";

export const resume = new Command("resume")
  .description("Let a paused account go on.")
  .argument("<account>")
  .action(async (account: string) => {
    const { name, waiting } = await connect().client.resume(account);
    console.log(`${name} goes on; ${waiting} wait.`);
  });
