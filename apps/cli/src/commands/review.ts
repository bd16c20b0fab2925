import type { Client, ReviewFinding } from "@reelqueue/client";
import type { Generation } from "@reelqueue/contracts";
import { Command } from "commander";
import pc from "picocolors";
import { CommandError } from "../errors.ts";
import { connect } from "./api.ts";
import { colored, cut } from "./show.ts";

export const review = new Command("review")
  .description("List generations in needs_review, or settle one: sent TASKID | unsent | give-up.")
  .argument("[id]")
  .argument("[finding]", "sent, unsent or give-up")
  .argument("[task]", "the provider's task id, with sent")
  .option("--account <name>", "only generations of one account")
  .option("--batch <name>", "only generations of one batch")
  .option("--all <finding>", "settle all of them: unsent or give-up")
  .action(
    async (id: string | undefined, finding: string | undefined, task: string | undefined, options: ReviewOptions) => {
      const { client } = connect();
      if (id !== undefined) return settle(client, id, findingOf(finding, task));
      const { all, ...filter } = options;
      if (all === undefined) return printReviews(client, filter);
      for (const each of await inReview(client, filter)) await settle(client, each.id, findingOf(all, undefined));
    },
  );

interface Filter {
  account?: string;
  batch?: string;
}
interface ReviewOptions extends Filter {
  all?: string;
}

async function settle(client: Client, id: string, finding: ReviewFinding): Promise<void> {
  const { state } = await client.review(id, finding);
  console.log(`${id}  ${colored(state)}`);
}

/** Reads the whole list first: a settled generation leaves it while it is read. */
async function inReview(client: Client, filter: Filter): Promise<Generation[]> {
  const found: Generation[] = [];
  for await (const generation of client.listAll({ ...filter, state: "needs_review" })) found.push(generation);
  return found;
}

async function printReviews(client: Client, filter: Filter): Promise<void> {
  let count = 0;
  for await (const generation of client.listAll({ ...filter, state: "needs_review" })) {
    count += 1;
    console.log(describe(generation));
  }
  if (count === 0) console.log("Nothing needs a review.");
  else
    console.log(
      `\nLook for each task in the provider's console (by time and prompt), then say what you found:\n${usage}`,
    );
}

function describe({ id, account, request, timeline, updatedAt }: Generation): string {
  const notes = timeline
    .filter(({ state, note }) => note && (state === "unknown" || state === "needs_review"))
    .map(({ note }) => note);
  return [
    `${pc.bold(id)}  ${account}  ${updatedAt.slice(0, 19).replace("T", " ")}`,
    `  ${cut(request.prompt ?? "", 100)}`,
    ...notes.map((note) => `  ${pc.dim(note ?? "")}`),
  ].join("\n");
}

const usage = [
  "  ./reelqueue review <id> sent <taskId>   the task exists: it is polled and its video stored",
  "  ./reelqueue review <id> unsent          no such task exists: it is submitted again",
  "  ./reelqueue review <id> give-up         not known: it fails, and may have been charged",
  "  ./reelqueue review --account <name> --all unsent   all of one account (or --batch)",
].join("\n");

function findingOf(finding: string | undefined, taskId: string | undefined): ReviewFinding {
  if (finding === "sent" && taskId !== undefined) return { finding, taskId };
  if (finding === "unsent" && taskId === undefined) return { finding };
  if (finding === "give-up" && taskId === undefined) return { finding: "give_up" };
  throw new CommandError(`Say what you found:\n${usage}`);
}
