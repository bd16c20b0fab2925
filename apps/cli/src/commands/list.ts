import { type State, states } from "@reelqueue/contracts";
import { Command, Option } from "commander";
import pc from "picocolors";
import { connect } from "./api.ts";
import { colored, columns, cut, printJson, situation } from "./show.ts";

interface ListOptions {
  state?: State;
  account?: string;
  tenant?: string;
  batch?: string;
  limit: string;
  cursor?: string;
  json?: boolean;
}

export const list = new Command("list")
  .description("List generations, newest first; those of a batch in row order.")
  .addOption(new Option("--state <state>").choices(states))
  .option("--account <name>")
  .option("--tenant <name>")
  .option("--batch <name>")
  .option("--limit <n>", "1 to 100", "20")
  .option("--cursor <text>", "the end of the previous page")
  .option("--json", "as one JSON object")
  .action(async ({ limit, json, ...filter }: ListOptions) => {
    const page = await connect().client.list({ ...filter, limit: Number(limit) });
    if (json) return printJson(page);
    const rows = page.generations.map((each) => [
      each.id,
      colored(each.state),
      each.account,
      pc.dim(each.createdAt.slice(0, 19).replace("T", " ")),
      cut(situation(each) || (each.request.prompt ?? ""), 70),
    ]);
    console.log(rows.length > 0 ? columns(rows, "") : "No generations found.");
    if (page.cursor) console.log(pc.dim(`More: add --cursor ${page.cursor}`));
  });
