import { holdHome, type Redis, type System, secretIn, startApps } from "@reelqueue/system";
import { Command } from "commander";
import pc from "picocolors";
import { readEnv } from "./env.ts";
import { Interrupts } from "./interrupts.ts";
import { type Plan, planStart, writeConfig } from "./start-plan.ts";

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
      for (const line of plan.remarks) log(line);
      const system = await startApps({ ...plan.systemOptions, log, signal: interrupts.first });
      log(overview(plan, system, Date.now() - startedAt));
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

function overview({ systemOptions, login, accounts }: Plan, { redis }: System<Redis>, tookMs: number): string {
  const at = (name: keyof Plan["systemOptions"]["ports"]) => `http://127.0.0.1:${systemOptions.ports[name]}`;
  const rows = [
    ["dashboard", `${at("dashboard")}   (${login.user} / ${login.password})`],
    ["API", at("api")],
    ["accounts", accounts],
    ["Redis", `${redis.url}   (${redis.how})`],
    ["videos", `${systemOptions.home}/outputs`],
    ["logs", `${systemOptions.home}/logs`],
  ];
  const list = rows.map(([name = "", value]) => `  ${pc.dim(name.padEnd(10))} ${value}`);
  return [
    "",
    `${pc.green("reelqueue runs")} ${pc.dim(`(started in ${(tookMs / 1_000).toFixed(1)} s; Ctrl-C stops it)`)}`,
    "",
    ...list,
    "",
    `Next, in another terminal: ${pc.bold("./reelqueue enqueue examples/prompts.jsonl")}`,
  ].join("\n");
}
