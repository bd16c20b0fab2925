import type { BatchView } from "@reelqueue/contracts";

/** Where a person reads along: a terminal gets one line that changes, anything else a line every so often. */
export interface Teller {
  /** A line that stays. */
  say(line: string): void;
  /** How far it is; replaces what was shown before. */
  show(line: string): void;
}

const everyMs = 5_000;
const clearLine = "\r\u001b[K";

export function tellerOn(out: Pick<NodeJS.WriteStream, "write" | "isTTY">, now = () => performance.now()): Teller {
  let shown = false;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  const end = () => {
    if (shown) out.write(clearLine);
    shown = false;
  };
  return {
    say: (line) => {
      end();
      out.write(`${line}\n`);
    },
    show: (line) => {
      if (out.isTTY) {
        out.write(`${clearLine}${line}`);
        shown = true;
      } else if (now() - lastAtMs >= everyMs) {
        lastAtMs = now();
        out.write(`${line}\n`);
      }
    },
  };
}

/** How far a batch is, in one line. */
export function progressLine({ counts, total }: BatchView, webhooks: number, seconds: number): string {
  const { succeeded = 0, failed = 0, running = 0, finalizing = 0, queued = 0, unknown = 0, needs_review = 0 } = counts;
  const parts = [
    `${succeeded} of ${total} stored`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(needs_review > 0 ? [`${needs_review} need a review`] : []),
    `${running + finalizing + unknown} at work`,
    `${queued} waiting`,
    `${webhooks} announced`,
  ];
  return `  ${parts.join(" · ")}   ${Math.round(seconds)} s`;
}
