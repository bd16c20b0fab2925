import type { AccountView } from "@reelqueue/contracts";
import pc from "picocolors";
import { columns } from "../show.ts";
import type { CheckedRow } from "./check.ts";

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

function cells({ rows, usd, unknown }: Price): string[] {
  const known = rows - unknown;
  const amount = known === 0 ? "price not known" : `${unknown > 0 ? "at least " : ""}$${usd.toFixed(2)}`;
  return [
    `${rows} ${rows === 1 ? "row" : "rows"}`,
    amount,
    unknown > 0 && known > 0 ? pc.yellow(`${unknown} without a known price`) : "",
  ];
}
