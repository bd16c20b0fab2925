import type { OrphanView } from "@reelqueue/contracts";
import { Command } from "commander";
import pc from "picocolors";
import { connect } from "./api.ts";
import { printJson } from "./show.ts";

interface ListOptions {
  acknowledged?: boolean;
  offset: string;
  limit: string;
  json?: boolean;
}

const ack = new Command("ack")
  .description("Take an orphan from the list: its refund is asked for, or its video is used.")
  .argument("<task>", "the provider's task id")
  .argument("[note...]", "what became of it")
  .option("--account <name>", "only that of one account")
  .action(async (taskId: string, note: string[], { account }: { account?: string }) => {
    const { orphans, open } = await connect().client.acknowledgeOrphan(taskId, {
      ...(account !== undefined && { account }),
      ...(note.length > 0 && { note: note.join(" ") }),
    });
    for (const orphan of orphans) console.log(describe(orphan));
    console.log(`Acknowledged. Open: ${open}.`);
  });

export const orphans = new Command("orphans")
  .description("List tasks at a provider that no generation owns and that may be charged, newest first.")
  .option("--acknowledged", "those of the last year that were acknowledged")
  .option("--offset <n>", "how many to skip", "0")
  .option("--limit <n>", "1 to 100", "20")
  .option("--json", "as one JSON object")
  .action(async ({ acknowledged, offset, limit, json }: ListOptions) => {
    const state = acknowledged ? "acknowledged" : "open";
    const page = await connect().client.orphans({ state, offset: Number(offset), limit: Number(limit) });
    if (json) return printJson(page);
    for (const orphan of page.orphans) console.log(describe(orphan));
    if (page.orphans.length === 0) console.log("No orphans found.");
    else if (!acknowledged)
      console.log(
        `\nOpen: ${page.open}. Look for each at the provider, and ask for a refund or use its video. Then:\n${usage}`,
      );
  })
  .addCommand(ack);

const usage = "  ./reelqueue orphans ack <task> [note]   it is dealt with";

function describe({ taskId, account, foundAt, generation, knownTaskId, owner, acknowledged }: OrphanView): string {
  const about = [
    generation && `of ${generation}${knownTaskId ? `, which has ${knownTaskId}` : ""}`,
    owner && `owned by ${owner}`,
    acknowledged && `acknowledged ${acknowledged.at.slice(0, 10)} by ${acknowledged.by}`,
    acknowledged?.note,
  ].filter(Boolean);
  const time = foundAt.slice(0, 19).replace("T", " ");
  return `${pc.bold(taskId)}  ${account}  ${pc.dim([time, ...about].join("  "))}`;
}
