import type { Evidence } from "../check/evidence.ts";
import type { Row } from "../feed.ts";

/** PROVIDED (document 000): 4 s at 720p with a reference video, the only price that it names. */
const priceUsd = 0.65;

export type Bill = ReturnType<typeof billOf>;

/**
 * The outcome of one system's requests, by the provider's bill, the files on disk and the log of the webhook receiver.
 * Field names are public.
 */
export function billOf(system: string, { rows, tasks, files, received }: Evidence, askedAPerson = 0) {
  const accepted = rows.filter(({ answer }) => answer === "ok");
  const paid = Map.groupBy(
    tasks.filter(({ refunded }) => !refunded),
    ({ marker }) => marker,
  );
  const delivered = new Set(received.filter(({ status }) => status === 200).map(({ body }) => subjectOf(body)));
  const stored = new Set([...files.keys()].filter((key) => key.endsWith(".mp4")).flatMap((key) => key.split(/[/.]/)));
  const chargesOf = ({ marker }: Row) => paid.get(marker)?.length ?? 0;
  const notDelivered = accepted.filter(({ id = "" }) => !delivered.has(id));
  const paidAndLost = accepted.filter(
    (row) => chargesOf(row) > 0 && !(delivered.has(row.id ?? "") && stored.has(row.id ?? "")),
  );
  const doubleCharges = rows.reduce((sum, row) => sum + Math.max(0, chargesOf(row) - 1), 0);
  return {
    system,
    requests: accepted.length,
    /** Tasks that the provider charged and did not refund. */
    charges: rows.reduce((sum, row) => sum + chargesOf(row), 0),
    /** Charges beyond the first for one request. */
    doubleCharges,
    /** Charged, but without a file or without a delivered event. */
    paidAndLost: paidAndLost.length,
    /** Accepted, never charged, and without a delivered event. */
    forgotten: notDelivered.filter((row) => chargesOf(row) === 0).length,
    /** Settled by manual review. */
    askedAPerson,
    /** Price of double charges and lost videos. */
    lostUsd: Math.round((doubleCharges + paidAndLost.length) * priceUsd * 100) / 100,
  };
}

function subjectOf(body: string): string {
  return (JSON.parse(body) as { data?: { id?: string } }).data?.id ?? "";
}

const heads: Record<keyof Bill, string> = {
  system: "",
  requests: "requests",
  charges: "charges",
  doubleCharges: "double charges",
  paidAndLost: "paid and lost",
  forgotten: "forgotten",
  askedAPerson: "manual reviews",
  lostUsd: "money lost",
};

/** The bills as a Markdown table. */
export function tableOf(bills: readonly Bill[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const [, ...figures] = Object.keys(heads);
  return [
    line(Object.values(heads)),
    line(["---", ...figures.map(() => "---:")]),
    ...bills.map((bill) => line(Object.values({ ...heads, ...bill, lostUsd: `$${bill.lostUsd.toFixed(2)}` }))),
  ].join("\n");
}
