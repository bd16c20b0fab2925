import { holdHome, type Redis, type System, secretIn, startApps } from "@reelqueue/system";
import { Command } from "commander";
import { readEnv } from "./env.ts";
import { Interrupts } from "./interrupts.ts";
import { overview } from "./start-overview.ts";
import { planStart, writeConfig } from "./start-plan.ts";

export const start = new Command("start")
  .description("Run the whole system here as separate processes; Ctrl-C stops it in order.")
  .action(async () => {
    const env = readEnv();
    const log = (line: string) => console.log(line);
    const startedAt = Date.now();
    const interrupts = new Interrupts();
    const home = await holdHome(env.home, log);
    try {
      const plan = await planStart(env);
      const system = await startApps({ ...plan.systemOptions, log, signal: interrupts.first });
      log(overview(plan, system.redis, Date.now() - startedAt));
      await interrupts.interrupted();
      await stop(system, interrupts, log);
    } catch (error) {
      if (!interrupts.first.aborted) throw error;
    } finally {
      home.release();
      interrupts.stopListening();
    }
  });

export const configure = new Command("configure")
  .description("Only write what `start` would write: the configuration, the API key and the dashboard's password.")
  .action(async () => {
    const env = readEnv();
    const file = await writeConfig(env);
    secretIn(env.home, "dashboard-password");
    console.log(`Written: ${file}`);
  });

async function stop(system: System<Redis>, interrupts: Interrupts, log: (line: string) => void): Promise<void> {
  log("\nStopping: work in flight is finished first. Ctrl-C again stops at once.");
  interrupts.onSecond(() => system.kill());
  await system.stop();
  log("Stopped. All data is kept for the next start.");
}
