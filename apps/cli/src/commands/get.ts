import type { Client, ListFilter } from "@reelqueue/client";
import { type DeliveryView, type Generation, type GenerationPage, type State, states } from "@reelqueue/contracts";
import { Command, Option } from "commander";
import pc from "picocolors";
import { Interrupts } from "../interrupts.ts";
import { connect, type FileOf, filesOf } from "./api.ts";
import { colored, columns, cut, differenceText, dollars, printJson, situation } from "./show.ts";
export const get = new Command("get")
  .description("Show one generation: its request, state, timeline, cost and files.")
  .argument("<id>")
  .option("--json", "as one JSON object")
  .action(async (id: string, { json }: { json?: boolean }) => {
    const api = connect();
    const generation = await api.client.get(id);
    if (json) return printJson(generation);
    console.log(describe(generation, await api.client.deliveries(id), await filesOf(api)));
  });

function costText({ estimateUsd, settledUsd }: Generation["cost"]): string {
  if (settledUsd === null) return `${dollars(estimateUsd)} expected, not settled`;
  const difference = estimateUsd === null ? "" : differenceText(settledUsd - estimateUsd);
  return `${dollars(estimateUsd)} expected, $${settledUsd.toFixed(2)} settled${difference && `: ${difference}`}`;
}

/** All of a generation for the terminal. */
function describe(generation: Generation, deliveries: DeliveryView[], fileOf: FileOf): string {
  const { id, state, account, provider, tenant, request, attempt, taskId, cost } = generation;
  const facts = [
    ["made by", `${account} (${provider}), tenant ${tenant}`],
    [
      "request",
      `${request.model}, ${request.resolution}, ${request.seconds} s${request.ratio ? `, ${request.ratio}` : ""}`,
    ],
    ["prompt", request.prompt ?? pc.dim("none")],
    ["attempt", `${attempt} of ${request.maxAttempts}${taskId ? `, task ${taskId}` : ""}`],
    ["cost", costText(cost)],
    ...(request.batch === undefined ? [] : [["batch", request.batch]]),
    ...generation.outputs.map(({ kind, key, bytes }, n) => [kind, `${fileOf(id, key, n)}   ${bytes} bytes`]),
    ...deliveries.map((each) => ["webhook", `${each.id}: ${each.state} after ${each.tries} tries, to ${each.url}`]),
  ];
  const timeline = generation.timeline.map(({ at, state: reached, note }) => [
    pc.dim(at.slice(0, 19).replace("T", " ")),
    colored(reached),
    note ?? "",
  ]);
  const now = situation(generation);
  return [`${pc.bold(id)}  ${colored(state)}${now && `  ${now}`}`, columns(facts), "", columns(timeline)].join("\n");
}

export const watch = new Command("watch")
  .description("Follow one generation until it ends or needs a review. Exit code 0 only if it succeeded.")
  .argument("<id>")
  .option("--json", "each change as one JSON object")
  .action(async (id: string, { json = false }: { json?: boolean }) => {
    const interrupts = new Interrupts();
    try {
      process.exitCode = await follow(id, json, interrupts.first);
    } catch (error) {
      if (!interrupts.first.aborted) throw error;
      process.exitCode = 130;
    } finally {
      interrupts.stopListening();
    }
  });

async function follow(id: string, json: boolean, signal: AbortSignal): Promise<number> {
  let last: Generation | undefined;
  for await (const generation of connect().client.watch(id, { signal })) {
    const text = `${colored(generation.state)}  ${situation(generation)}`.trimEnd();
    if (json) printJson(generation);
    else if (last === undefined || text !== `${colored(last.state)}  ${situation(last)}`.trimEnd())
      console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
    last = generation;
  }
  return last?.state === "succeeded" ? 0 : 1;
}

/** A page that is empty only where nothing matches: one request applies a filter to a bounded number. */
async function firstMatches(client: Client, filter: ListFilter): Promise<GenerationPage> {
  let page = await client.list(filter);
  while (page.generations.length === 0 && page.cursor !== undefined)
    page = await client.list({ ...filter, cursor: page.cursor });
  return page;
}

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
  .description("List generations, newest first by the last change of state; those of a batch in row order.")
  .addOption(new Option("--state <state>").choices(states))
  .option("--account <name>")
  .option("--tenant <name>")
  .option("--batch <name>")
  .option("--limit <n>", "1 to 100", "20")
  .option("--cursor <text>", "the end of the previous page")
  .option("--json", "as one JSON object")
  .action(async ({ limit, json, ...filter }: ListOptions) => {
    const page = await firstMatches(connect().client, { ...filter, limit: Number(limit) });
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
