import { type Sums, total } from "./bill.ts";
import { maskKey } from "./log.ts";
import type { TaskRow } from "./report.ts";
import type { Simulation } from "./simulation.ts";

/** The HTML page with the bill, the keys, and the newest tasks and requests. Contains no script. */
export function page(simulation: Simulation, tasks: TaskRow[]): string {
  const bills = simulation.bill.byVendor();
  const sums = total(Object.values(bills));
  const netMicroUsd = sums.chargedMicroUsd - sums.refundedMicroUsd;
  const running = simulation.accounts.all().reduce((sum, account) => sum + account.running, 0);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>simulator</title>
<style>${style}</style></head><body>
<h1>simulator <small>simulated providers · time ×${simulation.clock.factor} · nothing here costs money</small></h1>
<ul class="figures">
${figure(sums.tasks, "tasks paid")}${figure(running, "in flight")}${figure(sums.refunds, "refunded")}
${figure(dollars(sums.chargedMicroUsd), "charged")}${figure(dollars(netMicroUsd), "after refunds")}
</ul>
${table("Faults by rate", ["fault", "share"], Object.entries(simulation.faults.rates))}
${table("Bill", ["provider", "tasks", "refunded", "charged", "after refunds"], billRows(bills))}
${table("Keys", ["provider", "key", "in flight", "peak", "requests", "refused"], keys(simulation))}
${table("Newest tasks", ["provider", "task", "state", "what", "marker", "faults", "reads", "charge"], tasks.map(taskCells))}
${table("Newest requests", ["time", "request", "status", "key", "marker", "fault"], requests(simulation))}
</body></html>`;
}

function billRows(bills: Record<string, Sums>): Cell[][] {
  return Object.entries(bills).map(([name, { tasks, refunds, chargedMicroUsd, refundedMicroUsd }]) => [
    name,
    tasks,
    refunds,
    dollars(chargedMicroUsd),
    dollars(chargedMicroUsd - refundedMicroUsd),
  ]);
}

function keys(simulation: Simulation): Cell[][] {
  return simulation.accounts
    .all()
    .map(({ vendor, key, running, peakRunning, requests, refusedRequests }) => [
      vendor,
      maskKey(key),
      running,
      peakRunning,
      requests,
      refusedRequests,
    ]);
}

function taskCells(task: TaskRow): Cell[] {
  const what = `${task.model} ${task.resolution} ${task.ratio} ${task.seconds} s`;
  const charge = `${dollars(task.microUsd)}${task.refunded ? " refunded" : ""}`;
  return [task.vendor, task.id, task.state, what, task.marker, task.faults.join(" "), task.reads, charge];
}

function requests(simulation: Simulation): Cell[][] {
  return simulation.log
    .newest(30)
    .map(({ at, method, path, status, key, marker, fault }) => [
      new Date(at).toISOString().slice(11, 23),
      `${method} ${path}`,
      status === 0 ? "no answer" : status,
      key,
      marker,
      fault,
    ]);
}

type Cell = string | number | undefined;

function table(title: string, heads: string[], rows: Cell[][]): string {
  if (rows.length === 0) return "";
  const head = heads.map((text) => `<th>${escaped(text)}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("\n");
  return `<h2>${escaped(title)}</h2><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function figure(value: string | number, name: string): string {
  return `<li><b>${escaped(value)}</b>${escaped(name)}</li>`;
}

function dollars(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(2)}`;
}

function escaped(value: Cell): string {
  return String(value ?? "").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h1 small { font-size: .875rem; font-weight: 400; opacity: .65; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; margin: 1.5rem 0 0; }
.figures li { padding: .5rem 1rem; border: 1px solid #8884; border-radius: .5rem; }
.figures b { display: block; font-size: 1.375rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; opacity: .65; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8883; vertical-align: top; overflow-wrap: anywhere; }
`;
