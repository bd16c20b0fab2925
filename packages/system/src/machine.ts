import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The caller's environment and terminal. */
export interface Machine {
  /** Inherited by every process that this package starts. */
  env: NodeJS.ProcessEnv;
  /** Receives one line of progress for the terminal. */
  log: (line: string) => void;
}

export type SystemErrorKind =
  | "already_running"
  | "port_taken"
  | "redis_missing"
  | "redis_unreachable"
  | "not_started"
  | "stopped";

/** The system cannot run on this machine; the message is one sentence that names the remedy. */
export class SystemError extends Error {
  readonly kind: SystemErrorKind;

  constructor(kind: SystemErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "SystemError";
    this.kind = kind;
  }
}

/** The path of the first of these programs that is executable on PATH. */
export function onPath(names: string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
