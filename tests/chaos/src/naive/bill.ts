import type { PaidTask } from "../check/evidence.ts";
import type { Row } from "../feed.ts";

/**
 * The outcome of one system's requests, by the provider's bill, the files on disk and the log of the webhook receiver.
 * Field names are public.
 */
export interface Bill {
  system: string;
  requests: number;
  /** Tasks that the provider charged and did not refund. */
  charges: number;
  /** Charges beyond the first for one request. */
  doubleCharges: number;
  /** Charged, but without a file or without a delivered event. */
  paidAndLost: number;
  /** Accepted, never charged, and without a delivered event. */
  forgotten: number;
  /** Settled by manual review. */
  askedAPerson: number;
  /** Price of double charges and lost videos. */
  lostUsd: number;
}

/** PROVIDED (document 000): 4 s at 720p with a reference video, the only price that it names. */
const priceUsd = 0.65;

export interface Witnesses {
  rows: readonly Row[];
  tasks: readonly PaidTask[];
  /** Keys of the stored files. */
  files: readonly string[];
  received: readonly { body: string; status: number }[];
}

export function billOf(system: string, { rows, tasks, files, received }: Witnesses, askedAPerson = 0): Bill {
  const accepted = rows.filter(({ answer }) => answer === "ok");
  const paid = Map.groupBy(
    tasks.filter(({ refunded }) => !refunded),
    ({ marker }) => marker,
  );
  const delivered = new Set(received.filter(({ status }) => status === 200).map(({ body }) => subjectOf(body)));
  const stored = new Set(files.filter((key) => key.endsWith(".mp4")).flatMap((key) => key.split(/[/.]/)));
  const chargesOf = ({ marker }: Row) => paid.get(marker)?.length ?? 0;
  const notDelivered = accepted.filter(({ id = "" }) => !delivered.has(id));
  const paidAndLost = accepted.filter(
    (row) => chargesOf(row) > 0 && !(delivered.has(row.id ?? "") && stored.has(row.id ?? "")),
  );
  const doubleCharges = rows.reduce((sum, row) => sum + Math.max(0, chargesOf(row) - 1), 0);
  return {
    system,
    requests: accepted.length,
    charges: rows.reduce((sum, row) => sum + chargesOf(row), 0),
    doubleCharges,
    paidAndLost: paidAndLost.length,
    forgotten: notDelivered.filter((row) => chargesOf(row) === 0).length,
    askedAPerson,
    lostUsd: Math.round((doubleCharges + paidAndLost.length) * priceUsd * 100) / 100,
  };
}

function subjectOf(body: string): string {
  return (JSON.parse(body) as { data?: { id?: string } }).data?.id ?? "";
}

/** The bills as a Markdown table. */
export function tableOf(bills: readonly Bill[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const head = [
    "",
    "requests",
    "charges",
    "double charges",
    "paid and lost",
    "forgotten",
    "manual reviews",
    "money lost",
  ];
  return [
    line(head),
    line(head.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...bills.map((bill) => {
      const { system, requests, charges, doubleCharges, paidAndLost, forgotten, askedAPerson, lostUsd } = bill;
      return line([
        system,
        requests,
        charges,
        doubleCharges,
        paidAndLost,
        forgotten,
        askedAPerson,
        `$${lostUsd.toFixed(2)}`,
      ]);
    }),
  ].join("\n");
}
