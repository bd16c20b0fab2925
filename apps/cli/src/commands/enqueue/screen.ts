import { clearScreenDown, moveCursor } from "node:readline";

/** Where a person reads along: a terminal shows lines that change in place, anything else gets one line every so often. */
export interface Screen {
  /** Lines that stay. */
  say(text: string): void;
  /** How far it is; takes the place of what was shown before. */
  show(lines: readonly string[]): void;
  /** Takes away what was shown. */
  clear(): void;
}

const plainEveryMs = 5_000;

export function screenOn(out: NodeJS.WriteStream): Screen {
  let height = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let last = "";
  const clear = () => {
    if (height > 0) {
      moveCursor(out, 0, -height);
      clearScreenDown(out);
    }
    height = 0;
  };
  return {
    clear,
    say: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    show: (lines) => {
      const text = lines.map((line) => line.trim()).join(" | ");
      if (out.isTTY) {
        clear();
        out.write(`${lines.map((line) => fitting(line, out.columns)).join("\n")}\n`);
        height = lines.length;
      } else if (text !== last && performance.now() - lastAt >= plainEveryMs) {
        lastAt = performance.now();
        out.write(`${text}\n`);
      }
      last = text;
    },
  };
}

/** A line that wraps would be two, and the next one would be written over the wrong place. */
function fitting(line: string, columns: number | undefined): string {
  const width = columns || 80;
  return line.length < width ? line : `${line.slice(0, width - 2)}…`;
}
