import { clearScreenDown, moveCursor } from "node:readline";
import { createInterface } from "node:readline/promises";

/** Progress output: lines that change in place on a terminal, else one plain line every 5 s. */
export interface Screen {
  /** Prints lines that stay. */
  print(text: string): void;
  /** Shows the progress in place of the previous one. */
  show(lines: readonly string[]): void;
  /** Removes the shown progress. */
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
    print: (text) => {
      clear();
      out.write(`${text}\n`);
    },
    show: (lines) => {
      const text = lines.map((line) => line.trim()).join(" | ");
      if (out.isTTY) {
        clear();
        out.write(`${lines.map((line) => truncate(line, out.columns)).join("\n")}\n`);
        height = lines.length;
      } else if (text !== last && performance.now() - lastAt >= plainEveryMs) {
        lastAt = performance.now();
        out.write(`${text}\n`);
      }
      last = text;
    },
  };
}

/** Prevents wrapping: a wrapped line takes two rows, and the next update would overwrite the wrong ones. */
function truncate(line: string, columns: number | undefined): string {
  const width = columns || 80;
  return line.length < width ? line : `${line.slice(0, width - 2)}…`;
}

/** Asks on the terminal; the trimmed answer. */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // readline consumes Ctrl-C while it waits for the answer
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return (await terminal.question(question, { signal })).trim();
  } finally {
    terminal.close();
  }
}
