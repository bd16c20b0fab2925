import { relative, resolve } from "node:path";
import type { AccountView } from "@reelqueue/contracts";
import { Command, Option } from "commander";
import pc from "picocolors";
import { readEnv } from "../../env.ts";
import { CommandError } from "../../errors.ts";
import { Interrupts } from "../../interrupts.ts";
import { connect, filesOf } from "../api.ts";
import { printJson } from "../show.ts";
import { type Batches, chooseBatches } from "./batch.ts";
import { type Checked, type CheckedRow, check, isNew } from "./check.ts";
import { type Equal, settleEqual } from "./equal.ts";
import { follow } from "./follow.ts";
import { countsText, priceOf, priceTable } from "./price.ts";
import { collectPairs, type LineProblem, parseCount, readRows, sourceAt, variablesOf } from "./rows.ts";
import { ask, type Screen, screenOn } from "./screen.ts";
import { send } from "./send.ts";
import { allSucceeded, summarize, summaryText } from "./summary.ts";

export interface EnqueueOptions {
  yes?: boolean;
  count?: number;
  dryRun?: boolean;
  json?: boolean;
  batch?: string;
  again?: boolean;
  equal?: Equal;
  live?: boolean;
  set: string[];
}

/** The progress of a run, for the message after an interrupt. */
export interface Progress {
  /** The batch whose rows may have been accepted; absent: nothing was sent. */
  batch?: string;
}

/** Checks, prices, confirms, enqueues and follows the rows of a file; returns the exit code. */
async function enqueueFile(
  file: string,
  options: EnqueueOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const { client, url } = connect();
  const screen = screenOn(options.json ? process.stderr : process.stdout);
  const source = await sourceAt(file);
  const read = await readRows(source, options.count ?? Number.POSITIVE_INFINITY);
  const accounts = await client.accounts({ signal });
  const batches = await chooseBatches(source, options, client);
  const { name: batch } = batches.batch;
  const variables = variablesOf(options.set);
  const context = { client, screen, signal };
  const checked = await check(read, { ...context, ...batches, accounts, folder: source.folder, variables });
  if (checked.problems.length > 0) return reportProblems(source.name, checked, screen, options);

  const rows = await settleEqual(checked.rows, options, context);
  if (rows === undefined) return decline(screen);
  const fresh = rows.filter(isNew);
  requireLive(file, fresh, accounts, options);
  screen.print(overview({ ...checked, rows }, batches, accounts));
  if (options.dryRun) return reportPrice({ ...checked, rows }, batch, options);
  if (fresh.length > 0 && !options.yes && !(await confirm(rows, signal))) return decline(screen);

  progress.batch = batch;
  const startedAt = performance.now();
  const sent = await send(rows, { ...context, batch });
  const generations = await follow({ ...context, batch, lines: sent.lines });
  screen.clear();
  const seconds = (performance.now() - startedAt) / 1_000;
  const summary = summarize({ batch, sent, generations, seconds, fileOf: await filesOf({ client, url }) });
  screen.print(summaryText(summary));
  if (options.json) printJson(summary);
  return allSucceeded(summary) ? 0 : 1;
}

const maxLines = 50;

function reportProblems(name: string, { rows, problems }: Checked, screen: Screen, { json }: EnqueueOptions): number {
  const lines = new Set(problems.map(({ line }) => line)).size;
  screen.print(problemLines(problems));
  screen.print(
    `\n${pc.red(`${lines} of ${rows.length + lines} rows of ${name} cannot be enqueued`)}; correct them and run it again. Nothing was enqueued.`,
  );
  if (json) printJson({ valid: rows.length, problems });
  return 2;
}

function problemLines(problems: readonly LineProblem[]): string {
  const text = problems.slice(0, maxLines).map(({ line, message }) => `  line ${line}: ${message}`);
  return [...text, ...(problems.length > maxLines ? [`  … and ${problems.length - maxLines} more`] : [])].join("\n");
}

/** Throws unless `--live` allows sample rows to spend real money. */
function requireLive(
  file: string,
  rows: readonly CheckedRow[],
  accounts: readonly AccountView[],
  { live, dryRun }: EnqueueOptions,
): void {
  const inside = relative(resolve(readEnv().root, "examples"), resolve(file));
  if (live || dryRun || inside.startsWith("..")) return;
  // the account of a row that names none may still change
  const mayUse = (name: string) =>
    rows.some(({ account, request }) => account === name || request.account === undefined);
  const real = accounts.filter((account) => account.live && mayUse(account.name));
  if (real.length === 0) return;
  const names = real.map(({ name }) => name).join(" and ");
  throw new CommandError(
    `These are sample rows, and ${names} would spend real money on them: add --live to allow that. Nothing was enqueued.`,
  );
}

function overview(
  { rows, warnings, inOlder }: Checked,
  { batch: { name, size }, older }: Batches,
  accounts: readonly AccountView[],
): string {
  const notes = warnings.length > 0 ? [pc.yellow(`${warnings.length} warnings:`), problemLines(warnings)] : [];
  const known =
    size + inOlder > 0 ? [`${countsText(rows)}; the batch has ${size} ${size === 1 ? "row" : "rows"}.`] : [];
  const shared = `the name that an earlier version gave this file, and maybe others; --again makes all rows again.`;
  if (older && inOlder > 0)
    known.push(`${inOlder} of them ${inOlder === 1 ? "is" : "are"} in the batch "${older.name}", ${shared}`);
  return [
    ...notes,
    `${rows.length === 1 ? "1 row is" : `${rows.length} rows are`} valid; batch "${name}":`,
    ...(rows.some(isNew) ? [priceTable(rows.filter(isNew), accounts)] : []),
    ...known,
  ].join("\n");
}

function reportPrice({ rows, warnings }: Checked, batch: string, { json }: EnqueueOptions): number {
  const fresh = rows.filter(isNew);
  if (json) printJson({ batch, ...priceOf(fresh), existing: rows.length - fresh.length, warnings });
  return 0;
}

async function confirm(rows: readonly CheckedRow[], signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CommandError("There is no terminal to confirm the price: add --yes. Nothing was enqueued.");
  const question = rows.every(isNew) ? "Enqueue them?" : `${countsText(rows)}. Enqueue the new ones?`;
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, signal));
}

function decline(screen: Screen): number {
  screen.print("Nothing was enqueued.");
  return 2;
}

export const enqueue = new Command("enqueue")
  .description("Enqueue a file with one request as JSON in each line, and follow it until every video is stored.")
  .argument("<file>", "JSON Lines; - reads standard input")
  .option("--yes", "do not ask to confirm the price")
  .option("--count <n>", "only the first n rows", parseCount)
  .option("--dry-run", "check and price the rows, enqueue nothing")
  .option("--json", "the result as one JSON object in the last line of standard output")
  .option("--batch <name>", "name of the batch; default: the file's name")
  .option("--again", "enqueue all rows again as a new batch, and pay again")
  .addOption(
    new Option("--equal <once|each>", "one video of equal rows, or one for each row").choices(["once", "each"]),
  )
  .option("--live", "allow the files of examples/ to spend real money")
  .option("--set <NAME=VALUE>", "value of {{NAME}} in media and webhook URLs; may be repeated", collectPairs, [])
  .addHelpText(
    "after",
    "\nExit code: 0 all succeeded, 1 some did not, 2 nothing was enqueued, 130 interrupted (the workers continue).",
  )
  .action(async (file: string, options: EnqueueOptions) => {
    const interrupts = new Interrupts();
    const progress: Progress = {};
    interrupts.onSecond(() => process.exit(130));
    try {
      process.exitCode = await enqueueFile(file, options, progress, interrupts.first);
    } catch (error) {
      if (!interrupts.first.aborted) throw error;
      console.error(
        progress.batch === undefined ? "\nStopped. Nothing was enqueued." : reattach(file, progress.batch, options),
      );
      process.exitCode = 130;
    } finally {
      interrupts.stopListening();
    }
  });

function reattach(file: string, batch: string, { count, equal, set }: EnqueueOptions): string {
  const words = [
    ...["./reelqueue", "enqueue", file, "--batch", batch],
    ...(count === undefined ? [] : ["--count", `${count}`]),
    ...(equal === undefined ? [] : ["--equal", equal]),
    ...set.flatMap((pair) => ["--set", pair]),
  ];
  const command = (file === "-" ? ["./reelqueue", "list", "--batch", batch] : words).map(quoted).join(" ");
  return `\nStopped watching. Nothing is lost: the workers continue. To watch again, without paying twice:\n  ${command}`;
}

/** The word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
