import { stripVTControlCharacters } from "node:util";
import type { AccountView, Generation } from "@reelqueue/contracts";
import { describe, expect, test } from "vitest";
import { progressLine } from "./follow.ts";
import { countsText, priceOf, priceTable } from "./price.ts";
import { screenOn } from "./screen.ts";
import { allSucceeded, summarize, summaryText } from "./summary.ts";

describe("price table", () => {
  const row = (account: string, usd: number | null) => ({ line: 1, request: {}, account, usd, requestHash: "h" });
  const accounts = [{ name: "hiapi", live: true } as AccountView, { name: "jiekou", live: false } as AccountView];

  test("one line for each account; an unknown price does not count as 0", () => {
    const rows = [row("hiapi", 0.5), row("hiapi", null), row("jiekou", 0.25), row("jiekou", 0.25)];
    expect(priceOf(rows)).toEqual({ rows: 4, usd: 1, unknown: 1 });
    const table = stripVTControlCharacters(priceTable(rows, accounts));
    expect(table).toMatch(/hiapi +2 rows +at least \$0\.50 +1 without a known price +real money/);
    expect(table).toMatch(/jiekou +2 rows +\$0\.50 +simulated: nothing is paid/);
    expect(table).toMatch(/total +4 rows +at least \$1\.00/);
  });

  test('all prices unknown → "price not known"', () => {
    expect(stripVTControlCharacters(priceTable([row("hiapi", null)], accounts))).toMatch(
      /hiapi +1 row +price not known +real money/,
    );
  });
});

test("counts: only the new rows have a price", () => {
  const row = { line: 1, request: {}, account: "a", usd: 0.28, requestHash: "h" };
  const made = { ...row, existing: "reel_1" };
  expect(countsText([row, made, row, row, made, row])).toBe("4 new $1.12, 2 already made");
  expect(countsText([{ ...row, usd: null }, made])).toBe("1 new price not known, 1 already made");
  expect(countsText([row, { ...row, usd: null }])).toBe("2 new at least $0.28, 0 already made");
  expect(countsText([made])).toBe("0 new, 1 already made");
});

describe("progress", () => {
  const view = {
    name: "b",
    tenant: "t",
    total: 10,
    live: 5,
    counts: { queued: 2, preparing: 1, running: 1, unknown: 1, succeeded: 4, failed: 1 },
  };

  test("one line in words", () => {
    expect(progressLine(view, 12.7)).toBe("  4 of 10 done · 1 failed · 2 running · 3 waiting   12 s");
  });

  test("terminal: changes in place, lines cut to its width", () => {
    const { out, written } = output({ isTTY: true, columns: 20 });
    const screen = screenOn(out);
    screen.show(["one line that is much too long for it", "two"]);
    screen.show(["three"]);
    screen.print("stays");
    expect(written()).toBe("one line that is m…\ntwo\n\u001b[2A\u001b[0Jthree\n\u001b[1A\u001b[0Jstays\n");
  });

  test("no terminal: one plain line every 5 s", () => {
    const { out, written } = output({ isTTY: false });
    const screen = screenOn(out);
    screen.show(["  one", "    two"]);
    screen.show(["three"]);
    screen.print("stays");
    expect(written()).toBe("one | two\nstays\n");
  });
});

function output(kind: { isTTY: boolean; columns?: number }): { out: NodeJS.WriteStream; written: () => string } {
  let text = "";
  const write = (more: string) => {
    text += more;
    return true;
  };
  return { out: { ...kind, write } as unknown as NodeJS.WriteStream, written: () => text };
}

describe("summary", () => {
  const generation = (id: string, more: Partial<Generation>): Generation =>
    ({
      id,
      state: "succeeded",
      attempt: 1,
      outputs: [{ key: `2026-11/${id}/1-video.mp4` }],
      cost: { estimateUsd: 1, settledUsd: 1 },
      ...more,
    }) as Generation;
  const sentOf = (ids: string[]) => ({
    lines: new Map(ids.map((id, i) => [id, i + 1])),
    accepted: ids.length,
    existing: 0,
    refused: [],
  });
  const summaryOf = (generations: Generation[], sent = sentOf(generations.map(({ id }) => id))) =>
    summarize({ batch: "b", sent, generations, seconds: 3.14, fileOf: (_id, key) => `/home/outputs/${key}` });

  test("all succeeded: names the folder of the videos", () => {
    const summary = summaryOf([generation("a", {}), generation("b", { attempt: 2 })]);
    expect(summary).toMatchObject({ rows: 2, succeeded: 2, retries: 1, costUsd: 2, seconds: 3.1, failures: [] });
    expect(allSucceeded(summary)).toBe(true);
    expect(summaryText(summary)).toContain(
      "2 files in /home/outputs/2026-11, the first one is\n    /home/outputs/2026-11/a/1-video.mp4",
    );
  });

  test("failures: counted by class, listed by line; no success", () => {
    const failed: Partial<Generation> = { state: "failed", outputs: [], cost: { estimateUsd: 1, settledUsd: 0 } };
    const summary = summaryOf([
      generation("a", {}),
      generation("b", { ...failed, failure: { class: "moderation", message: "no" } }),
      generation("c", { ...failed, failure: { class: "upstream", message: "broke" } }),
      generation("d", { ...failed, state: "needs_review" }),
    ]);
    expect(summary).toMatchObject({ succeeded: 1, failed: { moderation: 1, upstream: 1 }, needsReview: 1, costUsd: 1 });
    expect(allSucceeded(summary)).toBe(false);
    expect(summaryText(summary)).toMatch(
      /failed +1 moderation, 1 upstream.*line 2 {2}b {2}moderation: no.*line 4 {2}d .*reelqueue review/s,
    );
  });

  test("a row refused by the API: no success", () => {
    const summary = summaryOf([generation("a", {})], {
      ...sentOf(["a"]),
      refused: [{ line: 2, message: "no" }] as never,
    });
    expect([summary.rows, summary.refused, allSucceeded(summary)]).toEqual([2, 1, false]);
  });

  test("cost: a difference from the estimate is shown; an unpaid failure is no saving", () => {
    const cost = (estimateUsd: number | null, settledUsd: number | null) => ({ cost: { estimateUsd, settledUsd } });
    const failed = { ...cost(1, 0), state: "failed", failure: { class: "upstream", message: "no" } } as const;
    const dearer = summaryOf([generation("a", cost(1, 1.25)), generation("b", cost(null, 1)), generation("c", failed)]);
    expect(dearer.beyondEstimateUsd).toBe(0.25);
    expect(summaryText(dearer)).toMatch(/cost +\$2\.25, \$0\.25 more than expected/);
    expect(summaryText(summaryOf([generation("a", cost(1, 0.9))]))).toMatch(
      /cost +\$0\.90, \$0\.10 less than expected/,
    );
    expect(summaryText(summaryOf([generation("a", cost(1, 1.001))]))).toMatch(/cost +\$1\.00$/m);
  });

  test("cost: an unknown price is not shown as $0", () => {
    const unknown = { cost: { estimateUsd: null, settledUsd: null } };
    expect(summaryText(summaryOf([generation("a", unknown)]))).toMatch(/cost +price not known/);
    expect(summaryText(summaryOf([generation("a", unknown), generation("b", {})]))).toMatch(
      /cost +\$1\.00 and 1 without a known price/,
    );
  });
});
