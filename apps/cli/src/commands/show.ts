import { stripVTControlCharacters } from "node:util";
import type { Generation, State } from "@reelqueue/contracts";
import pc from "picocolors";

const plain = (text: string): string => text;
const colors: Partial<Record<State, (text: string) => string>> = {
  succeeded: pc.green,
  failed: pc.red,
  needs_review: pc.yellow,
  unknown: pc.yellow,
  expired: pc.yellow,
  running: pc.cyan,
  finalizing: pc.cyan,
};

export function colored(state: State): string {
  return (colors[state] ?? plain)(state);
}

/** A price; an unknown one is not shown as 0. */
export function dollars(usd: number | null): string {
  return usd === null ? "price not known" : `$${usd.toFixed(2)}`;
}

/** The difference from the expected cost; empty below one cent. */
export function differenceText(usd: number): string {
  const cents = Math.round(Math.abs(usd) * 100);
  return cents === 0 ? "" : `$${(cents / 100).toFixed(2)} ${usd > 0 ? "more" : "less"} than expected`;
}

/** The current situation in one phrase: reason to wait, progress or failure. */
export function situation({ state, waiting, failure, progress, cancelRequested }: Generation): string {
  const parts = [
    waiting,
    failure && `${failure.class}: ${failure.message}`,
    state === "running" && progress !== undefined ? `${progress} %` : undefined,
    cancelRequested ? "cancel requested" : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Aligned columns; colour codes have no width. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): string {
  const width = (text: string) => stripVTControlCharacters(text).length;
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ""))));
  const padded = (row: readonly string[]) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - width(cell))));
  return rows.map((row) => `${indent}${padded(row).join("  ").trimEnd()}`).join("\n");
}

export function cut(text: string, chars: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > chars ? `${line.slice(0, chars - 1)}…` : line;
}

/** Prints the value as one line, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
