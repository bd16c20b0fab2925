import { readFileSync } from "node:fs";
import type { Account } from "./accounts.ts";
import { type Sums, total } from "./bill.ts";
import { type LogEntry, maskKey } from "./log.ts";
import type { TaskRow } from "./report.ts";
import type { Simulation } from "./simulation.ts";

const html = readFileSync(new URL("page.html", import.meta.url), "utf8");

/** The HTML page with the bill, the keys, and the newest tasks and requests. Contains no script. */
export function page({ accounts, bill, clock, faults, log }: Simulation, tasks: TaskRow[]): string {
  const bills = Object.entries(bill.byVendor());
  const sums = total(bills.map(([, each]) => each));
  const keys = [...accounts.values()];
  const tables = [
    table(
      "Faults by rate",
      Object.entries(faults.rates).map(([fault, share]) => ({ fault, share })),
    ),
    table("Bill", bills.map(billRow)),
    table("Keys", keys.map(keyRow)),
    table("Newest tasks", tasks.map(taskRow)),
    table("Newest requests", log.newest(30).map(requestRow)),
  ];
  const values: Record<string, Cell> = {
    factor: clock.factor,
    tasks: sums.tasks,
    running: keys.reduce((sum, { running }) => sum + running, 0),
    refunds: sums.refunds,
    charged: dollars(sums.chargedMicroUsd),
    net: dollars(sums.chargedMicroUsd - sums.refundedMicroUsd),
    tables: tables.join("\n"),
  };
  return html.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
}

type Cell = string | number | undefined;
/** The cells under the heads of their columns. */
type Row = Record<string, Cell>;

function billRow([provider, { tasks, refunds, chargedMicroUsd, refundedMicroUsd }]: [string, Sums]): Row {
  const [charged, net] = [dollars(chargedMicroUsd), dollars(chargedMicroUsd - refundedMicroUsd)];
  return { provider, tasks, refunded: refunds, charged, "after refunds": net };
}

function keyRow({ vendor, key, running, peakRunning: peak, requests, refusedRequests: refused }: Account): Row {
  return { provider: vendor, key: maskKey(key), "in flight": running, peak, requests, refused };
}

function taskRow({ vendor: provider, id: task, state, marker, reads, ...more }: TaskRow): Row {
  const what = `${more.model} ${more.resolution} ${more.ratio} ${more.seconds} s`;
  const charge = `${dollars(more.microUsd)}${more.refunded ? " refunded" : ""}`;
  return { provider, task, state, what, marker, faults: more.faults.join(" "), reads, charge };
}

function requestRow({ at, method, path, status, key, marker, fault }: LogEntry): Row {
  const time = new Date(at).toISOString().slice(11, 23);
  return { time, request: `${method} ${path}`, status: status === 0 ? "no answer" : status, key, marker, fault };
}

function table(title: string, rows: Row[]): string {
  const [first] = rows;
  if (!first) return "";
  const line = (tag: string, cells: Cell[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line("td", Object.values(row))).join("\n");
  return `<h2>${title}</h2><table><thead>${line("th", Object.keys(first))}</thead><tbody>\n${body}\n</tbody></table>`;
}

function dollars(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(2)}`;
}

function escaped(value: Cell): string {
  return String(value ?? "").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
