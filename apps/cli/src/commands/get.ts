import type { DeliveryView, Generation } from "@reelqueue/contracts";
import { Command } from "commander";
import pc from "picocolors";
import { connect, type FileOf, filesOf } from "./api.ts";
import { colored, columns, differenceText, dollars, printJson, situation } from "./show.ts";

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
