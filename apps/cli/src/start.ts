import { holdHome, type System, startSystem } from "@reelqueue/system";
import { Command } from "commander";
import pc from "picocolors";
import { readEnv } from "./env.ts";
import { Interrupts } from "./interrupts.ts";
import { type Plan, planStart } from "./start-plan.ts";

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
      const system = await startSystem({ ...plan.wish, log, signal: interrupts.first });
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

async function stop(system: System, interrupts: Interrupts, log: (line: string) => void): Promise<void> {
  log("\nStopping: work in flight may end first. Ctrl-C again ends it at once.");
  interrupts.onSecond(() => system.kill());
  await system.stop();
  log("Stopped. The next start finds everything where it was.");
}

function overview({ wish, login, accounts }: Plan, { redis }: System, tookMs: number): string {
  const at = (name: keyof Plan["wish"]["ports"]) => `http://127.0.0.1:${wish.ports[name]}`;
  const rows = [
    ["dashboard", `${at("dashboard")}   (${login.user} / ${login.password})`],
    ["API", at("api")],
    ["accounts", accounts],
    ["Redis", `${redis.url}   (${redis.how})`],
    ["videos", `${wish.home}/outputs`],
    ["logs", `${wish.home}/logs`],
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
