import { relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { AccountView } from "@reelqueue/contracts";
import pc from "picocolors";
import { readEnv } from "../../env.ts";
import { connect } from "../api.ts";
import { CommandError } from "../command-error.ts";
import { filesOf } from "../files.ts";
import { printJson } from "../show.ts";
import { type BatchChoice, chooseBatch } from "./batch.ts";
import { type Checked, check } from "./check.ts";
import { follow } from "./follow.ts";
import { priceOf, priceTable } from "./price.ts";
import { type LineProblem, readRows, sourceAt } from "./rows.ts";
import { type Screen, screenOn } from "./screen.ts";
import { send } from "./send.ts";
import { allSucceeded, summarize, summaryText } from "./summary.ts";
import { variablesOf } from "./variables.ts";

export interface Asked {
  yes?: boolean;
  count?: number;
  dryRun?: boolean;
  json?: boolean;
  batch?: string;
  again?: boolean;
  live?: boolean;
  set: string[];
}

/** How far it came, for whoever is told after an interrupt. */
export interface Stage {
  /** The batch whose rows may have been taken; absent: nothing was sent. */
  batch?: string;
}

/** Checks, prices, asks, enqueues and follows; gives the exit code. */
export async function enqueueFile(file: string, asked: Asked, stage: Stage, signal: AbortSignal): Promise<number> {
  const { client, url } = connect();
  const screen = screenOn(asked.json ? process.stderr : process.stdout);
  const source = await sourceAt(file);
  const read = await readRows(source, asked.count ?? Number.POSITIVE_INFINITY);
  const accounts = await client.accounts({ signal });
  const batch = await chooseBatch(asked.batch ?? source.batch, asked.again ?? false, client);
  const variables = variablesOf(asked.set);
  const checked = await check(read, {
    client,
    accounts,
    batch: batch.name,
    folder: source.folder,
    variables,
    screen,
    signal,
  });
  if (checked.problems.length > 0) return refuse(source.name, checked, screen, asked);

  demandLive(file, checked, accounts, asked);
  screen.say(overview(checked, batch, accounts));
  if (asked.dryRun) return priced(checked, batch, asked);
  if (!asked.yes && !(await confirmed(signal))) return declined(screen);

  stage.batch = batch.name;
  const begunAt = performance.now();
  const sent = await send(checked.rows, { client, batch: batch.name, files: checked.files, screen, signal });
  const generations = await follow({ client, batch: batch.name, lines: sent.lines, screen, signal });
  screen.clear();
  const seconds = (performance.now() - begunAt) / 1_000;
  const summary = summarize({ batch: batch.name, sent, generations, seconds, fileOf: await filesOf(client, url) });
  screen.say(summaryText(summary));
  if (asked.json) printJson(summary);
  return allSucceeded(summary) ? 0 : 1;
}

const mostLines = 50;

function refuse(name: string, { rows, problems }: Checked, screen: Screen, { json }: Asked): number {
  const lines = new Set(problems.map(({ line }) => line)).size;
  screen.say(shown(problems));
  screen.say(
    `\n${pc.red(`${lines} of ${rows.length + lines} rows of ${name} cannot be enqueued`)}; correct them and run it again. Nothing was enqueued.`,
  );
  if (json) printJson({ valid: rows.length, problems });
  return 2;
}

function shown(problems: readonly LineProblem[]): string {
  const text = problems.slice(0, mostLines).map(({ line, message }) => `  line ${line}: ${message}`);
  return [...text, ...(problems.length > mostLines ? [`  … and ${problems.length - mostLines} more`] : [])].join("\n");
}

/** Nobody should pay for sample rows by mistake. */
function demandLive(file: string, { rows }: Checked, accounts: readonly AccountView[], { live, dryRun }: Asked): void {
  const inside = relative(resolve(readEnv().root, "examples"), resolve(file));
  if (live || dryRun || inside.startsWith("..")) return;
  // a row that names no account may still go to another one
  const mayGoTo = (name: string) =>
    rows.some(({ account, request }) => account === name || request.account === undefined);
  const real = accounts.filter((account) => account.live && mayGoTo(account.name));
  if (real.length === 0) return;
  const names = real.map(({ name }) => name).join(" and ");
  throw new CommandError(
    `These are sample rows, and ${names} would spend real money on them: add --live if you want that. Nothing was enqueued.`,
  );
}

function overview({ rows, warnings }: Checked, { name, size }: BatchChoice, accounts: readonly AccountView[]): string {
  const notes = warnings.length > 0 ? [pc.yellow(`${warnings.length} warnings:`), shown(warnings)] : [];
  const known =
    size > 0 ? [`Batch "${name}" exists with ${size} rows; rows that are in it already are not paid again.`] : [];
  return [
    ...notes,
    `${rows.length === 1 ? "1 row is" : `${rows.length} rows are`} valid; batch "${name}":`,
    priceTable(rows, accounts),
    ...known,
  ].join("\n");
}

function priced({ rows, warnings }: Checked, { name }: BatchChoice, { json }: Asked): number {
  if (json) printJson({ batch: name, ...priceOf(rows), warnings });
  return 0;
}

async function confirmed(signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CommandError("There is no terminal to ask whether the price is right: add --yes. Nothing was enqueued.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // while it asks, the terminal hands Ctrl-C to the question alone
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return /^y(es)?$/i.test((await terminal.question("Enqueue them? [y/N] ", { signal })).trim());
  } finally {
    terminal.close();
  }
}

function declined(screen: Screen): number {
  screen.say("Nothing was enqueued.");
  return 2;
}
