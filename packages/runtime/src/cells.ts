import { readCellName } from "./config.ts";
import { type HealthOptions, type Readiness, readiness, serveHealth } from "./health.ts";
import { KeptCell, type OpenCell, type OpenedCell } from "./kept-cell.ts";
import type { Logger } from "./logger.ts";
import { createMetrics, textOf } from "./metrics.ts";
import { StartError } from "./start-error.ts";

export interface CellsOptions {
  /** One file for each cell. */
  configPaths: readonly string[];
  health: Pick<HealthOptions, "port" | "host" | "variable">;
  log: Logger;
}

/**
 * Serves the cells of a worker process, and their health at one port. A single cell that cannot be opened fails the start, and ends the process
 * when it expires. Of several each stands for itself: one that is away is tried again, one that expires is opened again, and the others work on.
 */
export async function serveCells(scope: AsyncDisposableStack, options: CellsOptions, open: OpenCell): Promise<void> {
  const [configPath, ...others] = options.configPaths;
  if (configPath === undefined) throw new StartError("REELQUEUE_CONFIG names no file: name one for each cell");
  return others.length === 0 ? serveOne(scope, configPath, options, open) : serveSeveral(scope, options, open);
}

async function serveOne(
  scope: AsyncDisposableStack,
  configPath: string,
  { health, log }: CellsOptions,
  open: OpenCell,
): Promise<void> {
  const cell: Seat = { sinceMs: performance.now() };
  const ready = async () => cell.opened?.ready() ?? { ok: false, reasons: ["it is being opened"] };
  const metrics = createMetrics();
  scope.use(await serveHealth({ ...health, ready, metrics, watchdog: progressOf([cell]) }));
  const expired = () => process.exit(1);
  cell.opened = await open(scope, { configPath, log, metrics, namedAccountsOnly: false, expired });
}

async function serveSeveral(
  scope: AsyncDisposableStack,
  { configPaths, health, log }: CellsOptions,
  open: OpenCell,
): Promise<void> {
  const names = await namesOf(configPaths);
  const cells: KeptCell[] = [];
  const own = createMetrics();
  const text = () =>
    textOf(
      own,
      cells.flatMap(({ metrics }) => metrics ?? []),
    );
  const ready = () => readinessOf(cells);
  scope.use(await serveHealth({ ...health, ready, metrics: { ...own, text }, watchdog: progressOf(cells) }));
  for (const [name, configPath] of names) {
    cells.push(new KeptCell({ name, configPath, log: log.child({ cell: name }) }, open));
  }
  scope.use({ name: "cells", [Symbol.asyncDispose]: () => closeAll(cells) });
  await Promise.all(cells.map(({ begun }) => begun));
}

/** The file of each cell by the cell's name. */
async function namesOf(configPaths: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const path of configPaths) {
    const name = await readCellName(path);
    const simulator = names.get(name);
    if (simulator !== undefined) {
      throw new StartError(
        `${simulator} and ${path} are both of the cell "${name}": give one of them a \`cell\` of its own, or take it out of REELQUEUE_CONFIG`,
      );
    }
    names.set(name, path);
  }
  return names;
}

/** A cell as health sees it. */
interface Seat {
  opened?: OpenedCell | undefined;
  /** Since when it is as it is, by `performance.now()`. */
  sinceMs: number;
}

/** There is progress while a single cell makes some: a restart would take the work of that one too. */
function progressOf(cells: readonly Seat[]): NonNullable<HealthOptions["watchdog"]> {
  const silentMs = ({ opened, sinceMs }: Seat) => opened?.watchdog?.silentMs() ?? performance.now() - sinceMs;
  return {
    ok: () => cells.some(({ opened }) => opened !== undefined && (opened.watchdog?.ok() ?? true)),
    silentMs: () => Math.min(...cells.map(silentMs)),
  };
}

/** Shorter than the time that health gives all of them together. */
const readyWithinMs = 4_000;

async function readinessOf(cells: readonly KeptCell[]): Promise<Readiness> {
  const all = await Promise.all(
    cells.map(async ({ name, opened, reason }) => {
      const { ok, reasons } = opened ? await readiness(opened.ready, readyWithinMs) : { ok: false, reasons: [reason] };
      return { ok, reasons: reasons.map((each) => `${name}: ${each}`) };
    }),
  );
  return { ok: all.every(({ ok }) => ok), reasons: all.flatMap(({ reasons }) => reasons) };
}

/** At the same time, and each to its end, whatever becomes of the others. */
async function closeAll(cells: readonly KeptCell[]): Promise<void> {
  const closed = await Promise.all(cells.map((cell) => cell.close()));
  const open = cells.filter((_, i) => !closed[i]).map(({ name }) => name);
  if (open.length > 0) throw new Error(`not closed in order: cell ${open.join(", ")}`);
}
