import { secretIn } from "@reelqueue/system";
import { Command } from "commander";
import { readEnv } from "./env.ts";
import { writeConfig } from "./start-plan.ts";

export const configure = new Command("configure")
  .description("Only write what `start` would: the configuration, the API key and the dashboard's password.")
  .action(async () => {
    const env = readEnv();
    const file = await writeConfig(env);
    secretIn(env.home, "dashboard-password");
    console.log(`Written: ${file}`);
  });
