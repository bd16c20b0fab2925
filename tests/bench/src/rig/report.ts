import { availableParallelism, loadavg } from "node:os";
import Table from "cli-table3";

/** Options of every bench. */
export interface Options {
  /** A small run, as a smoke test. */
  quick: boolean;
  /** Runs of each variant; default: chosen by the bench. */
  runs?: number;
}

export interface Target {
  name: string;
  wanted: `${"≥" | "≤"} ${number}`;
  measured: number;
}

/** Result of a bench: a table, figures and targets. Names in `figures` and `targets` are public. */
export interface Report {
  bench: string;
  /** What the table shows. */
  title: string;
  heads: string[];
  rows: (string | number)[][];
  figures: Record<string, unknown>;
  targets: Target[];
}

/** Prints the table, the targets, and one line of JSON. */
export function print(report: Report, options: Options): void {
  const table = new Table({ head: report.heads, style: { head: [], border: [] } });
  for (const row of report.rows) table.push(row.map((cell) => (typeof cell === "number" ? shown(cell) : cell)));
  console.log(`\n${report.bench}: ${report.title}\n${table.toString()}`);
  for (const target of report.targets) {
    console.log(`${isMet(target) ? "met   " : "MISSED"}  ${target.name} ${target.wanted}: ${shown(target.measured)}`);
  }
  const { bench, figures } = report;
  const targets = report.targets.map((target) => ({ ...target, met: isMet(target) }));
  const machine = { node: process.version, cores: availableParallelism(), load: loadavg().map(Math.round) };
  console.log(JSON.stringify({ bench, ...options, machine, figures, targets }));
}

export function isMet({ wanted, measured }: Target): boolean {
  const [sign, limit] = wanted.split(" ");
  return sign === "≥" ? measured >= Number(limit) : measured <= Number(limit);
}

/** Three significant digits. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
