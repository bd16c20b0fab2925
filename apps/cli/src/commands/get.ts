import type { DeliveryView, Generation } from "@reelqueue/contracts";
import { Command } from "commander";
import pc from "picocolors";
import { connect } from "./api.ts";
import { type FileOf, filesOf } from "./files.ts";
import { colored, columns, differenceText, dollars, printJson, situation } from "./show.ts";

export const get = new Command("get")
  .description("Show one generation: what it is, what happened to it and when, and its files.")
  .argument("<id>")
  .option("--json", "as one JSON object")
  .action(async (id: string, { json }: { json?: boolean }) => {
    const { client, url } = connect();
    const generation = await client.get(id);
    if (json) return printJson(generation);
    console.log(described(generation, await client.deliveries(id), await filesOf(client, url)));
  });

function costText({ estimateUsd, settledUsd }: Generation["cost"]): string {
  if (settledUsd === null) return `${dollars(estimateUsd)} expected, not settled`;
  const difference = estimateUsd === null ? "" : differenceText(settledUsd - estimateUsd);
  return `${dollars(estimateUsd)} expected, $${settledUsd.toFixed(2)} settled${difference && `: ${difference}`}`;
}

/** A generation in full, for a person to read. */
function described(generation: Generation, deliveries: DeliveryView[], fileOf: FileOf): string {
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
