import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const mostBytes = 20_000_000;

/** Where one process writes what it has to say; a file that has grown large is put aside when the process starts. */
export class LogFile {
  readonly path: string;
  #startedAtByte = 0;

  constructor(home: string, name: string) {
    mkdirSync(join(home, "logs"), { recursive: true });
    this.path = join(home, "logs", `${name}.log`);
  }

  /** A file descriptor for the process to write to. */
  open(): number {
    if (this.#bytes() > mostBytes) renameSync(this.path, `${this.path}.old`);
    this.#startedAtByte = this.#bytes();
    return openSync(this.path, "a");
  }

  close(descriptor: number): void {
    closeSync(descriptor);
  }

  /** Why it ended, as far as what it said since it was started tells: an error, else the plain sentences at the end. */
  reason(): string | undefined {
    const text = readFileSync(this.path).subarray(this.#startedAtByte).toString();
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const error = lines.findLast((line) => /^[A-Z]\w*Error\b/.test(line));
    if (error !== undefined) return error;
    const firstPlain = lines.findLastIndex((line) => line.startsWith("{")) + 1;
    return lines.slice(firstPlain).join("\n") || lines.at(-1);
  }

  #bytes(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}
