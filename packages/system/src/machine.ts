import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The caller's environment and terminal. */
export interface Machine {
  /** Inherited by every process that this package starts. */
  env: NodeJS.ProcessEnv;
  /** Receives one line of progress for the terminal. */
  log: (line: string) => void;
}

/** The system cannot run on this machine; the message is one sentence that names the remedy. */
export class SystemError extends Error {
  override readonly name = "SystemError";
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
