import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { batchLimits, type JsonLine, readJsonLines } from "@reelqueue/contracts";
import { InvalidArgumentError } from "commander";
import { CommandError } from "../../errors.ts";
import { type BatchNames, batchNamesOf } from "./batch.ts";

/** A request as written in the file. */
export interface Row {
  line: number;
  request: Record<string, unknown>;
}

/** An error in one line. */
export interface LineProblem {
  line: number;
  message: string;
}

export interface ReadRows {
  rows: Row[];
  problems: LineProblem[];
}

/** Parses `--count`: a whole number from 1. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 1.");
}

/** A file of JSON Lines, or standard input as `-`. */
export interface Source extends BatchNames {
  /** Its name in messages. */
  name: string;
  /** Base folder of relative media paths. */
  folder: string;
  open(): Readable;
}

export async function sourceAt(path: string): Promise<Source> {
  if (path === "-") return { name: "standard input", folder: process.cwd(), batch: "stdin", open: () => process.stdin };
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new CommandError(`The file ${path} does not exist.`);
  if (found.isDirectory())
    throw new CommandError(`${path} is a folder; give a file with one request as JSON in each line.`);
  const names = batchNamesOf(basename(path, extname(path)));
  return { name: path, folder: dirname(resolve(path)), ...names, open: () => createReadStream(path) };
}

/** Reads at most `count` rows. Blank lines, a byte order mark and carriage returns are ignored. */
export async function readRows({ name, open }: Source, count: number): Promise<ReadRows> {
  const rows: Row[] = [];
  const problems: LineProblem[] = [];
  const input = open();
  try {
    for await (const read of readJsonLines(input)) {
      if (rows.length + problems.length >= count) break;
      const request = requestOf(read);
      if (typeof request === "string") problems.push({ line: read.line, message: request });
      else rows.push({ line: read.line, request });
    }
  } catch (error) {
    throw new CommandError(`${name} cannot be read: ${error instanceof Error ? error.message : error}`);
  } finally {
    input.destroy();
  }
  if (rows.length + problems.length === 0)
    throw new CommandError(`${name} holds no request; write one as JSON in each line.`);
  return { rows, problems };
}

/** The request, or the error in the line. */
function requestOf(read: JsonLine): Record<string, unknown> | string {
  if ("problem" in read) return sentenceOf(read);
  const { value } = read;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return 'it is not a JSON object; a request looks like {"prompt": "…"}';
}

function sentenceOf({ problem, at }: Extract<JsonLine, { problem: string }>): string {
  switch (problem) {
    case "not_utf8":
      return "it is not UTF-8 text; save the file as UTF-8";
    case "too_long":
      return `it is longer than ${batchLimits.rowBytes} bytes; give media as files or URLs`;
    case "not_json":
      return `it is not valid JSON${at === undefined ? "" : ` (character ${at})`}; each line must be one whole object`;
  }
}

export type Variables = Readonly<Record<string, string>>;

/** Collects the values of a repeated `--set`. */
export function collectPairs(pair: string, previous: string[]): string[] {
  return [...previous, pair];
}

/** Parses `NAME=VALUE` pairs. */
export function variablesOf(pairs: readonly string[]): Variables {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined)
        throw new CommandError(`--set takes NAME=VALUE with a name in capitals, not "${pair}".`);
      return [name, value];
    }),
  );
}

const variable = /\{\{([A-Z][A-Z0-9_]*)\}\}/g;

/** Replaces `{{NAME}}` in the URLs of a request (media and webhook), never in its prompt. */
export function fillVariables({ line, request }: Row, values: Variables): { row: Row; problems: LineProblem[] } {
  const problems: LineProblem[] = [];
  const fill = (text: string, field: string) =>
    text.replaceAll(variable, (whole, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined)
        problems.push({ line, message: `${field}: {{${name}}} has no value; set one with --set ${name}=…` });
      return value ?? whole;
    });
  const changed = { ...request };
  if (typeof request.webhook === "string") changed.webhook = fill(request.webhook, "webhook");
  for (const list of ["images", "videos", "audios"]) {
    const items = request[list];
    if (Array.isArray(items))
      changed[list] = items.map((item: unknown, i) => fillItem(item, (url) => fill(url, `${list}[${i}].url`)));
  }
  return { row: { line, request: changed }, problems };
}

function fillItem(item: unknown, fill: (url: string) => string): unknown {
  if (typeof item !== "object" || item === null || !("url" in item) || typeof item.url !== "string") return item;
  return { ...item, url: fill(item.url) };
}
