import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const maxBytes = 20_000_000;

/** The file of a process's standard output and error; above 20 MB it is renamed to `.old` at the next start. */
export class LogFile {
  readonly path: string;
  #startedAtByte = 0;

  constructor(home: string, name: string) {
    mkdirSync(join(home, "logs"), { recursive: true });
    this.path = join(home, "logs", `${name}.log`);
  }

  /** A file descriptor for the process's output. */
  open(): number {
    if (this.#bytes() > maxBytes) renameSync(this.path, `${this.path}.old`);
    this.#startedAtByte = this.#bytes();
    return openSync(this.path, "a");
  }

  close(descriptor: number): void {
    closeSync(descriptor);
  }

  /** The likely cause of its exit, from its output: the last error, else the plain lines after the last JSON line. */
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
