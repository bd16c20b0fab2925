import { withoutPassword } from "@reelqueue/contracts";
import type { Redis } from "@reelqueue/system";
import pc from "picocolors";
import type { Plan } from "./start-plan.ts";

/** What `start` prints once everything runs. It shows no secret that the user has set. */
export function overview(
  { systemOptions, login, accounts }: Plan,
  redis: Pick<Redis, "url" | "how">,
  tookMs: number,
): string {
  const at = (name: keyof Plan["systemOptions"]["ports"]) => `http://127.0.0.1:${systemOptions.ports[name]}`;
  const password = login.isOwn ? "the password of DASHBOARD_PASSWORD" : login.password;
  const rows = [
    ["dashboard", `${at("dashboard")}   (${login.user} / ${password})`],
    ["API", at("api")],
    ["accounts", accounts],
    ["Redis", `${withoutPassword(redis.url)}   (${redis.how})`],
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
    `Next, in another terminal: ${nextCommands(systemOptions).map(pc.bold).join(", then ")}`,
  ].join("\n");
}

/** The rows of examples/ may not spend real money. */
function nextCommands({ apps }: Plan["systemOptions"]): string[] {
  if (apps.includes("simulator")) return ["./reelqueue enqueue examples/prompts.jsonl"];
  return ["./reelqueue quote FILE", "./reelqueue enqueue FILE --dry-run"];
}
