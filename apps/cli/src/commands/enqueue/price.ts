import type { AccountView } from "@reelqueue/contracts";
import pc from "picocolors";
import { columns } from "../show.ts";
import { type CheckedRow, isNew } from "./check.ts";

export interface Price {
  rows: number;
  /** Sum of the known prices. */
  usd: number;
  /** Rows without a known price; they are not free. */
  unknown: number;
}

export function priceOf(rows: readonly CheckedRow[]): Price {
  return {
    rows: rows.length,
    usd: rows.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    unknown: rows.filter(({ usd }) => usd === null).length,
  };
}

/** The cost of the rows by account and in total. */
export function priceTable(rows: readonly CheckedRow[], accounts: readonly AccountView[]): string {
  const byAccount = [...Map.groupBy(rows, ({ account }) => account)].sort();
  const lines = byAccount.map(([account, group]) => {
    const view = accounts.find(({ name }) => name === account);
    return [
      account,
      ...cells(priceOf(group)),
      view?.live === false ? pc.dim("simulated: nothing is paid") : pc.yellow("real money"),
    ];
  });
  return columns([...lines, ...(lines.length > 1 ? [[pc.bold("total"), ...cells(priceOf(rows)), ""]] : [])]);
}

/** How many rows are new, with their price, and how many were made before. */
export function countsText(rows: readonly CheckedRow[]): string {
  const fresh = rows.filter(isNew);
  const made = rows.length - fresh.length;
  return `${fresh.length} new${fresh.length > 0 ? ` ${amountOf(priceOf(fresh))}` : ""}, ${made} already made`;
}

function cells(price: Price): string[] {
  const { rows, unknown } = price;
  return [
    `${rows} ${rows === 1 ? "row" : "rows"}`,
    amountOf(price),
    unknown > 0 && unknown < rows ? pc.yellow(`${unknown} without a known price`) : "",
  ];
}

function amountOf({ rows, usd, unknown }: Price): string {
  return unknown === rows ? "price not known" : `${unknown > 0 ? "at least " : ""}$${usd.toFixed(2)}`;
}
